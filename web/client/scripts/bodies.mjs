// Writes the JSON schemas of request bodies, so that forms are checked by the very rules the API publishes.
import { readFileSync, writeFileSync } from "node:fs";

const api = JSON.parse(readFileSync(new URL("../openapi.json", import.meta.url), "utf8"));
const named = (ref) => api.components.schemas[ref.replace("#/components/schemas/", "")];
const inline = (node) => {
  if (Array.isArray(node)) return node.map(inline);
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") return inline(named(node.$ref));
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, inline(value)]));
};

const bodies = {};
for (const [path, item] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(item)) {
    const schema = operation.requestBody?.content?.["application/json"]?.schema;
    if (schema) bodies[`${method.toUpperCase()} ${path}`] = inline(schema);
  }
}
const text = JSON.stringify(bodies, null, 2);
writeFileSync(new URL("../src/bodies.ts", import.meta.url), `export const bodies = ${text} as const;\n`);
