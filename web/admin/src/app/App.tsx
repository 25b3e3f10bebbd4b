import { MantineProvider, mergeThemeOverrides } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { Toasts } from "@/components/Toasts";
import { texts } from "@/components/texts";
import { usePreferences } from "@/session/preferences";
import { queries } from "@/session/queries";
import { useText } from "@/text/useText";
import { cssVariables, theme } from "@/theme";
import { router } from "./routes";

export function App() {
  const t = useText(texts);
  const { theme: choice, locale } = usePreferences();
  const spoken = useMemo(() => mergeThemeOverrides(theme, named({ close: t("close"), show: t("password.show") })), [t]);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return (
    <MantineProvider theme={spoken} cssVariablesResolver={cssVariables} {...scheme(choice)}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** What Mantine's own buttons are called. */
function named({ close, show }: { close: string; show: string }) {
  return {
    components: {
      Modal: { defaultProps: { closeButtonProps: { "aria-label": close } } },
      PasswordInput: { defaultProps: { visibilityToggleButtonProps: { "aria-label": show } } },
    },
  };
}

function scheme(choice: "light" | "dark" | "auto") {
  return choice === "auto"
    ? ({ defaultColorScheme: "auto", colorSchemeManager: fromDevice } as const)
    : ({ forceColorScheme: choice } as const);
}

/** Our preferences keep the choice; Mantine need not keep its own. */
const fromDevice = {
  get: () => "auto" as const,
  set: () => undefined,
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => undefined,
};
