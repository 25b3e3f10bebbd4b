import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { Toasts } from "@/components/Toasts";
import { usePreferences } from "@/session/preferences";
import { queries } from "@/session/queries";
import { cssVariables, theme } from "@/theme";
import { router } from "./routes";

export function App() {
  const { theme: choice, locale } = usePreferences();
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} {...scheme(choice)}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  );
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
