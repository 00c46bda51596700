import { act, fireEvent, render, renderHook, screen, waitFor } from "@testing-library/react";
import { onlineManager, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { api, Refusal } from "../src/sdk/api";
import "../src/sdk/i18n";
import { client, useComponent, useRun } from "../src/sdk/query";
import { Answer } from "../src/sdk/States";

const outcome = { result: { chains: [] }, provenance: {}, seconds: 2 };
const progress = { done: 1, total: 4, fraction: 0.25, stage: { zh: "装入产业链图谱", en: "Loading the chain graph" } };
const run = (state: string, more = {}) => ({ run_id: "r1", component: "chain.list", state, progress, created_at: "2026-01-01T00:00:00Z", ...more });

interface Asked {
  method: string;
  path: string;
  prefer: string | null;
}

/** A node that answers each request with the next of `answers`, and remembers what it was asked. */
function node(answers: { status: number; body?: unknown }[]) {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    asked.push({ method: init.method ?? "GET", path, prefer: headers.get("prefer") });
    if (init.signal?.aborted) return Promise.reject(new DOMException("aborted", "AbortError"));
    if (init.method === "DELETE") return Promise.resolve(new Response(null, { status: 204 }));
    const next = answers.length > 1 ? answers.shift() : answers[0];
    return Promise.resolve(new Response(JSON.stringify(next?.body), { status: next?.status ?? 500 }));
  });
  return asked;
}

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  client.clear();
});

describe("a run", () => {
  it("that is quick is one request", async () => {
    const asked = node([{ status: 200, body: outcome }]);
    expect(await api.run("chain.list", {})).toEqual(outcome);
    expect(asked).toEqual([{ method: "POST", path: "/api/v1/components/chain.list/run", prefer: "respond-async, wait=1" }]);
  });
  it("that takes long is followed, told about, and forgotten at the node", async () => {
    const asked = node([
      { status: 202, body: run("running") },
      { status: 200, body: run("running") },
      { status: 200, body: run("succeeded", { outcome }) },
    ]);
    const seen: unknown[] = [];
    expect(await api.run("chain.list", {}, { onProgress: (p) => seen.push(p) })).toEqual(outcome);
    expect(seen).toEqual([progress, progress]);
    expect(asked.map((a) => `${a.method} ${a.path}`).slice(1)).toEqual(["GET /api/v1/runs/r1", "GET /api/v1/runs/r1", "DELETE /api/v1/runs/r1"]);
  });
  it("that fails is refused with the node's own words", async () => {
    const failure = { title: "超出限额", status: 429, detail: "内存不足", code: "warehouse/query-memory" };
    node([{ status: 202, body: run("running") }, { status: 200, body: run("failed", { failure }) }]);
    const refused = await api.run("chain.list", {}).catch((cause: unknown) => cause);
    expect(refused).toBeInstanceOf(Refusal);
    expect((refused as Refusal).problem.code).toBe("warehouse/query-memory");
  });
  it("that is abandoned is stopped at the node", async () => {
    const asked = node([{ status: 202, body: run("running") }, { status: 200, body: run("running") }]);
    const abort = new AbortController();
    const answer = api.run("chain.list", {}, { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(answer).rejects.toThrow("aborted");
    expect(asked.at(-1)).toMatchObject({ method: "DELETE", path: "/api/v1/runs/r1" });
  });
});

const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;

describe("a page", () => {
  function Page() {
    const query = useComponent("chain.list", {});
    return <Answer query={query}>{() => <p>清单</p>}</Answer>;
  }
  it("shows stage, share and a way to stop; after stopping it can run again", async () => {
    const answers: { status: number; body?: unknown }[] = [{ status: 202, body: run("running") }, { status: 200, body: run("running") }];
    const asked = node(answers);
    render(<Page />, { wrapper });
    expect(await screen.findByText("装入产业链图谱")).toBeTruthy();
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("25");
    fireEvent.click(screen.getByRole("button", { name: "取消运行" }));
    expect(await screen.findByText("已取消")).toBeTruthy();
    await waitFor(() => expect(asked.at(-1)?.method).toBe("DELETE"));
    answers.splice(0, 2, { status: 200, body: outcome });
    fireEvent.click(screen.getByRole("button", { name: "重新运行" }));
    expect(await screen.findByText("清单")).toBeTruthy();
    expect(screen.queryByText("已取消")).toBeNull();
  });
  it("asks the node also where the device knows of no network", async () => {
    node([{ status: 200, body: outcome }]);
    onlineManager.setOnline(false);
    try {
      render(<Page />, { wrapper });
      expect(await screen.findByText("清单")).toBeTruthy();
    } finally {
      onlineManager.setOnline(true);
    }
  });
  it("that is left stops its run", async () => {
    const asked = node([{ status: 202, body: run("running") }, { status: 200, body: run("running") }]);
    const page = render(<Page />, { wrapper });
    await screen.findByText("装入产业链图谱");
    page.unmount();
    await waitFor(() => expect(asked.at(-1)?.method).toBe("DELETE"));
  });
});

describe("a form", () => {
  it("tells a stopped run from a failed one", async () => {
    node([{ status: 202, body: run("running") }, { status: 200, body: run("running") }]);
    const { result } = renderHook(() => useRun((_: object, watch) => api.runAny("chain.list", {}, watch)), { wrapper });
    act(() => result.current.mutate({}));
    await waitFor(() => expect(result.current.underway?.fraction).toBe(0.25));
    act(() => result.current.stop());
    await waitFor(() => expect(result.current.stopped).toBe(true));
    expect(result.current.failure).toBeNull();
  });
});
