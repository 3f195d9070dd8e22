"""The parts of the `web_scraping` job type; `crawl` is where to begin reading."""
