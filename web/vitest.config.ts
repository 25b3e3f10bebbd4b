import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "@": fileURLToPath(new URL("./admin/src", import.meta.url)) } },
  test: { include: ["client/src/**/*.test.ts", "admin/src/**/*.test.ts"], environment: "node" },
});
