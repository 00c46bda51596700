// Asking the node from a screen: results are cached by what was asked and in which language.
import { QueryCache, QueryClient, useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, Refusal, type Watch } from "./api";
import type { ComponentId, ComponentMap } from "./components";
import { useLanguage } from "./i18n";
import type { RunOutcome, RunProgress } from "./types";

/** A session that ended while a page was open: sign in again and come back to the same page. */
function signInAgain(error: unknown): void {
  if (!(error instanceof Refusal) || error.status !== 401 || location.pathname === "/sign-in") return;
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

export const client = new QueryClient({
  queryCache: new QueryCache({ onError: signInAgain }),
  defaultOptions: {
    // A node in the same room answers where the device knows of no network; what cannot be reached must say so.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // Only what may pass by itself is tried again: never a refusal the node meant.
      retry: (count, error) => count < 2 && (!(error instanceof Refusal) || error.status === 0 || error.status === 503),
    },
  },
});

/** What a screen knows of a run that takes longer than a moment. */
export interface Underway {
  /** How far it is; absent before it is known to take long, and once it has ended. */
  underway?: RunProgress | null;
  /** Whether the person on this screen stopped it. */
  stopped?: boolean;
  stop?: () => void;
}

/** A question to the node, as far as screens look at it. */
export interface Question<R> extends Underway {
  data: R | undefined;
  error: Error | null;
  isError: boolean;
  isPending: boolean;
  isFetching: boolean;
  fetchStatus: string;
  refetch: () => unknown;
}

type Seen = RunProgress | "stopped" | null;

/** Runs a read component whenever its parameters change; leaving the page stops it. */
export function useComponent<K extends ComponentId>(
  id: K,
  params: ComponentMap[K]["params"],
  options: { enabled?: boolean; keep?: boolean } = {},
): Question<RunOutcome<ComponentMap[K]["result"]>> {
  const language = useLanguage();
  const queryKey = ["run", id, clean(params), language];
  const seenKey = ["progress", ...queryKey];
  const see = (seen: Seen) => client.setQueryData<Seen>(seenKey, seen);
  const query = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      see(null);
      const answer = await api.run(id, clean(params), { signal, onProgress: see });
      see(null);
      return answer;
    },
    enabled: options.enabled ?? true,
    placeholderData: options.keep ? (previous) => previous : undefined,
  });
  const seen = useQuery<Seen>({ queryKey: seenKey, queryFn: () => null, enabled: false, initialData: null }).data;
  return Object.assign({}, query, {
    underway: query.isFetching && seen !== "stopped" ? seen : null,
    stopped: seen === "stopped",
    stop: () => void client.cancelQueries({ queryKey }).then(() => see("stopped")),
  });
}

/** Runs a component when asked to, on a screen that shows how far it is and can stop it. */
export function useRun<P, R>(ask: (params: P, watch: Watch) => Promise<R>) {
  const [underway, setUnderway] = useState<RunProgress | null>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);
  const run = useMutation({
    mutationFn: (params: P) => {
      abort.current?.abort();
      const own = new AbortController();
      abort.current = own;
      setUnderway(null);
      return ask(params, { signal: own.signal, onProgress: setUnderway });
    },
    onError: signInAgain,
  });
  const stopped = run.error instanceof DOMException && run.error.name === "AbortError";
  return Object.assign({}, run, {
    underway: run.isPending ? underway : null,
    stopped,
    failure: stopped ? null : run.error,
    stop: () => abort.current?.abort(),
  });
}

/** Asks anything else of the node. */
export function useAsk<R>(key: unknown[], ask: () => Promise<R>, options: { enabled?: boolean } = {}) {
  const language = useLanguage();
  return useQuery({ queryKey: [...key, language], queryFn: ask, enabled: options.enabled ?? true });
}

/** Empty text and missing values mean "not asked": strict components refuse them. */
export function clean<P extends object>(params: P): P {
  return Object.fromEntries(
    Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  ) as P;
}
