// Watching runs: looked at while at work, and what they changed is asked for again when they have ended.
import { act, renderHook, waitFor } from "@testing-library/react";
import { QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import "../src/sdk/i18n";
import { client, useAsk } from "../src/sdk/query";
import { useRuns, useWatched } from "../src/sdk/runs";

const wrapper = ({ children }: { children: ReactNode }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>;
const page = (...states: string[]) => ({ items: states.map((state, at) => ({ id: `r${at}`, state })), total: states.length, page: 1, page_size: 20 });
const never = () => Promise.reject(new Error("not asked for"));

/** Answers with each of `answers` in turn, then with the last. */
function inTurn<T>(...answers: T[]) {
  return vi.fn(() => Promise.resolve(answers.length > 1 ? (answers.shift() as T) : (answers[0] as T)));
}

beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  vi.useRealTimers();
  client.clear();
});

describe("runs", () => {
  it("are looked at while one is at work, and then what they changed is asked for once more", async () => {
    const list = inTurn(page("queued"), page("running"), page("succeeded"));
    const changed = inTurn(1);
    const { result } = renderHook(
      () => {
        useAsk(["topic", "result"], changed);
        return useRuns("topic", ["a"], { list, start: never, stop: never });
      },
      { wrapper },
    );
    await waitFor(() => expect(result.current.live?.state).toBe("queued"));
    await act(() => vi.advanceTimersByTimeAsync(1_100));
    expect(result.current.live?.state).toBe("running");
    expect(changed).toHaveBeenCalledTimes(1);
    await act(() => vi.advanceTimersByTimeAsync(1_100));
    await waitFor(() => expect(changed).toHaveBeenCalledTimes(2));
    expect(result.current.live).toBeUndefined();
    const asked = list.mock.calls.length;
    await act(() => vi.advanceTimersByTimeAsync(5_000));
    expect(list).toHaveBeenCalledTimes(asked);
    expect(changed).toHaveBeenCalledTimes(2);
  });

  it("that ended before the first look are noticed too", async () => {
    const changed = inTurn(1);
    const start = inTurn(undefined);
    const { result } = renderHook(
      () => {
        useAsk(["topic", "result"], changed);
        return useRuns("topic", ["a"], { list: inTurn(page("succeeded")), start, stop: never });
      },
      { wrapper },
    );
    await waitFor(() => expect(result.current.runs.data).toBeDefined());
    await waitFor(() => expect(changed).toHaveBeenCalledTimes(1));
    await act(async () => result.current.start.mutateAsync());
    // Once when it began, once when it was seen to have ended.
    await waitFor(() => expect(changed.mock.calls.length).toBeGreaterThanOrEqual(3));
  });

  it("stop where the node says that one ended, and say why starting was refused", async () => {
    const stop = vi.fn((_id: string) => Promise.resolve());
    const start = vi.fn(() => Promise.reject(new Error("busy")));
    const list = inTurn(page("running"), page("cancelled"));
    const { result } = renderHook(() => useRuns("topic", ["a"], { list, start, stop }), { wrapper });
    await waitFor(() => expect(result.current.live).toBeDefined());
    await act(async () => result.current.start.mutateAsync().catch(() => undefined));
    await waitFor(() => expect(result.current.failure?.message).toBe("busy"));
    await act(async () => result.current.stop.mutateAsync("r0"));
    expect(stop.mock.calls[0]?.[0]).toBe("r0");
    await waitFor(() => expect(result.current.live).toBeUndefined());
  });
});

describe("one run", () => {
  it("begun just before is noticed when its first answer is that it ended", async () => {
    const changed = inTurn(1);
    renderHook(
      () => {
        useAsk(["rows"], changed);
        return useWatched(["one"], inTurn({ state: "succeeded" }), { working: ({ state }) => state === "running", changes: { queryKey: ["rows"] }, begun: true });
      },
      { wrapper },
    );
    await waitFor(() => expect(changed).toHaveBeenCalledTimes(2));
  });
});
