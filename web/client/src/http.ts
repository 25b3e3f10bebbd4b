/** The HTTP half of the client: typed by the server's OpenAPI, every failure one kind of error. */

import createFetchClient, { type Client } from "openapi-fetch";
import type { paths } from "./schema";

export type Api = Client<paths>;

export interface ApiOptions {
  baseUrl: string;
  /** The access token to send, or null for none. */
  token: () => string | null;
  /** Get a new token after a 401; null when the person must sign in again. */
  renew: () => Promise<string | null>;
  language: () => string;
}

/** What went wrong, in the server's words: `code` can be searched in the docs. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly data: Readonly<Record<string, unknown>> = {},
  ) {
    super(`${code} (${status})`);
    this.name = "ApiError";
  }
}

const OWN_401 = /\/auth\/(login|register|refresh|guest|owner|password)$/;

export function createApi(options: ApiOptions): Api {
  const client = createFetchClient<paths>({ baseUrl: options.baseUrl, credentials: "same-origin" });
  const copies = new WeakMap<Request, Request>();
  client.use({
    onRequest({ request }) {
      const token = options.token();
      if (token) request.headers.set("Authorization", `Bearer ${token}`);
      request.headers.set("Accept-Language", options.language());
      copies.set(request, request.clone());
      return request;
    },
    async onResponse({ request, response }) {
      const copy = copies.get(request);
      if (response.status === 401 && copy && options.token() && !OWN_401.test(new URL(request.url).pathname)) {
        const token = await options.renew();
        if (token) {
          copy.headers.set("Authorization", `Bearer ${token}`);
          const second = await fetch(copy);
          if (!second.ok) throw await toError(second);
          return second;
        }
      }
      if (!response.ok) throw await toError(response);
      return response;
    },
    onError({ error }) {
      return error instanceof ApiError ? error : new ApiError(0, "ag_hatasi", "", String(error));
    },
  });
  return client;
}

/** Read a problem+json answer; anything else keeps its status as its code. */
export async function toError(response: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {};
  try {
    body = (await response.json()) as Record<string, unknown>;
  } catch {
    // A proxy's page is not JSON; the status says enough.
  }
  const word = (name: string): string => (typeof body[name] === "string" ? body[name] : "");
  return new ApiError(response.status, word("kod") || `http_${response.status}`, word("baslik"), word("ayrinti"), body);
}

/** Return the body of an answer that has one. */
export async function data<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
