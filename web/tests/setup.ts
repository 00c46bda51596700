// jsdom knows no media queries and no resize observer; components ask for both.
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

window.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
})) as unknown as typeof window.matchMedia;
globalThis.ResizeObserver ??= class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 20_000 });
afterEach(cleanup);
