/** Some browsers lay a keyboard over the page: keep the page as high as what of it can be seen. */
export function followKeyboard(): void {
  const seen = window.visualViewport;
  if (!seen) return;
  const follow = () => {
    const covered = seen.scale === 1 && innerHeight - seen.height > 1; // who zooms in covers nothing
    const { style } = document.documentElement;
    if (covered) style.setProperty("--visible-height", `${seen.height}px`);
    else style.removeProperty("--visible-height");
    if (covered) scrollTo(0, 0);
  };
  seen.addEventListener("resize", follow);
}
