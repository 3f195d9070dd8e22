"""The parts of `ai_inference`: what is asked, where models are, and how an answer is made."""
