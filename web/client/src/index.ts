export { RequestFailed } from "./answers";
export * from "./events";
export * from "./http";
export * from "./mentions";
export * from "./outbox";
export * from "./socket";
export * from "./types";
export * from "./wire";
