// Before the first paint, or a dark page would flash white.
try {
  const theme = localStorage.getItem("taskforge.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; the system's theme it is.
}
