import "./styles/layers.css";
import "@fontsource-variable/inter";
import "@mantine/core/styles.layer.css";
import "./styles/tokens.css";
import "./styles/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { followKeyboard } from "./app/keyboard";
import { startLive } from "./session/live";
import { startSession } from "./session/session";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no root");

followKeyboard();
startLive();
void startSession();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
