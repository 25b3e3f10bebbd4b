// Before the first paint, so that a dark room stays dark: the same rule as src/session/preferences.ts.
(() => {
  let kept = "auto";
  try {
    kept = JSON.parse(localStorage.getItem("meydan.preferences") || "{}").theme || "auto";
  } catch {
    kept = "auto";
  }
  const dark = kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
