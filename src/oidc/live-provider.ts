// The OpenID provider with the current keys. oidc-provider reads its keys once, so new keys need a new provider. It takes over between
// requests: requests in progress finish on the provider that they began with.
import type { IncomingMessage, ServerResponse } from "node:http";
import type Router from "@koa/router";
import type Provider from "oidc-provider";
import type { KeySet } from "../keys/signing-keys.ts";

type Handle = ReturnType<Provider["callback"]>;

export class LiveProvider {
  readonly #build: (keys: KeySet) => Provider;
  readonly #added: Router[] = [];
  #provider: Provider;
  #handle: Handle;

  /** @param build makes a provider and everything around it; nothing that outlives it may hold on to it */
  constructor(build: (keys: KeySet) => Provider, keys: KeySet) {
    this.#build = build;
    this.#provider = build(keys);
    this.#handle = this.#provider.callback();
  }

  /** The current provider: ask for it each time. */
  get now(): Provider {
    return this.#provider;
  }

  replace(keys: KeySet): void {
    const provider = this.#build(keys);
    for (const router of this.#added) provider.use(router.routes() as never);
    this.#provider = provider;
    this.#handle = provider.callback();
  }

  /** Adds pages to this provider and all later ones. */
  use(router: Router): void {
    this.#added.push(router);
    this.#provider.use(router.routes() as never);
    this.#handle = this.#provider.callback();
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    void this.#handle(request, response);
  }
}
