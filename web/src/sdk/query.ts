// Asking the node from a screen: results are cached by what was asked and in which language.
import { QueryCache, QueryClient, useQuery, type UseQueryResult } from "@tanstack/react-query";
import { api, Refusal } from "./api";
import type { ComponentId, ComponentMap } from "./components";
import { useLanguage } from "./i18n";
import type { RunOutcome } from "./types";

/** A session that ended while a page was open: sign in again and come back to the same page. */
function signInAgain(error: unknown): void {
  if (!(error instanceof Refusal) || error.status !== 401 || location.pathname === "/sign-in") return;
  location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}

export const client = new QueryClient({
  queryCache: new QueryCache({ onError: signInAgain }),
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      // Only what may pass by itself is tried again: never a refusal the node meant.
      retry: (count, error) => count < 2 && (!(error instanceof Refusal) || error.status === 0 || error.status === 503),
    },
  },
});

/** Runs a read component whenever its parameters change. */
export function useComponent<K extends ComponentId>(
  id: K,
  params: ComponentMap[K]["params"],
  options: { enabled?: boolean; keep?: boolean } = {},
): UseQueryResult<RunOutcome<ComponentMap[K]["result"]>, Error> {
  const language = useLanguage();
  return useQuery({
    queryKey: ["run", id, clean(params), language],
    queryFn: ({ signal }) => api.run(id, clean(params), signal),
    enabled: options.enabled ?? true,
    placeholderData: options.keep ? (previous) => previous : undefined,
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
