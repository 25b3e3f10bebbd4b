import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from "@mantine/core";

const turkuaz: MantineColorsTuple = [
  "#e6f7f7",
  "#c9ecec",
  "#9adcde",
  "#6bcdd2",
  "#3fc1c9",
  "#1d9aa4",
  "#0f7c86",
  "#0b666e",
  "#085158",
  "#063c42",
];
const kobalt: MantineColorsTuple = [
  "#edf1fc",
  "#d5dff7",
  "#abc0f2",
  "#7fa0f0",
  "#5a7fda",
  "#3a5fbb",
  "#1f3f8f",
  "#193475",
  "#13295c",
  "#0e1e44",
];
const mercan: MantineColorsTuple = [
  "#fdeeea",
  "#fbd9d1",
  "#ffb5a5",
  "#ff9f8b",
  "#ff8a73",
  "#e0614a",
  "#c8442e",
  "#a83624",
  "#86291b",
  "#651d12",
];
const dark: MantineColorsTuple = [
  "#e9edf5",
  "#c9d1e0",
  "#a3afc7",
  "#7e8ba6",
  "#43506d",
  "#2c3957",
  "#1c2844",
  "#162036",
  "#0e1524",
  "#0a101c",
];

export const theme = createTheme({
  colors: { turkuaz, kobalt, mercan, red: mercan, dark },
  primaryColor: "turkuaz",
  primaryShade: { light: 6, dark: 4 },
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input);
    return input.variant === "filled" ? { ...colors, color: "var(--on-turkuaz)" } : colors;
  },
  black: "#14213a",
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: "12px", sm: "14px", md: "15px", lg: "17px", xl: "20px" },
  lineHeights: { md: "1.5" },
  headings: {
    fontWeight: "650",
    sizes: { h1: { fontSize: "26px" }, h2: { fontSize: "19px" }, h3: { fontSize: "16px" } },
  },
  defaultRadius: "10px",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Modal: {
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.5, blur: 2 } },
      styles: {
        content: { background: "var(--surface)" },
        header: { background: "var(--surface)" },
        title: { fontSize: 17, fontWeight: 650 },
      },
    },
    Popover: { styles: { dropdown: { background: "var(--raised)", borderColor: "var(--line)" } } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: true } },
    Menu: {
      // The placeholder would be a focusable thing without a name, and the menu would open before its first line.
      defaultProps: { shadow: "md", position: "bottom-end", withinPortal: true, withInitialFocusPlaceholder: false },
      styles: { dropdown: { background: "var(--raised)", borderColor: "var(--line)" } },
    },
    Input: { styles: { input: { background: "var(--raised)" } } },
    Button: { defaultProps: { fw: 600 } },
  },
});

/** Mantine's own variables say what LOOK's tokens say, so that both halves of the page are one. */
export const cssVariables: CSSVariablesResolver = () => {
  const both = {
    "--mantine-color-body": "var(--paper)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-soft)",
    "--mantine-color-placeholder": "var(--ink-soft)",
    "--mantine-color-anchor": "var(--turkuaz)",
    "--mantine-color-error": "var(--mercan)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-hover": "var(--hover)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-default-color": "var(--ink)",
    "--mantine-primary-color-contrast": "var(--on-turkuaz)",
    "--mantine-color-turkuaz-light": "var(--turkuaz-soft)",
    "--mantine-color-turkuaz-light-color": "var(--turkuaz-ink)",
    "--mantine-color-turkuaz-text": "var(--turkuaz)",
    "--mantine-color-mercan-light": "var(--mercan-soft)",
    "--mantine-color-mercan-light-color": "var(--mercan-ink)",
    "--mantine-shadow-md": "var(--shadow)",
  };
  return { variables: {}, light: both, dark: both };
};
