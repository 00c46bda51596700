// Runs of anything that takes its time at the node: looked at while one is at work, until what it changed is on screen.
import { useMutation, useQuery, type QueryFilters } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useLanguage } from "./i18n";
import { client } from "./query";
import type { Page } from "./types";

/** How often a run at work is looked at, milliseconds. */
const LOOK = 1_000;
const AT_WORK = new Set(["queued", "running"]);

interface Run {
  id: string;
  state: string;
}

export const atWork = (run: { state: string }): boolean => AT_WORK.has(run.state);

interface Watched<D> {
  working: (data: D) => boolean;
  /** What is asked for again when the work has ended. */
  changes: QueryFilters;
  /** The work was begun just before; then it may have ended at the first look. */
  begun?: boolean;
}

/** Asks, and again each second while something is at work. */
export function useWatched<D>(key: unknown[], ask: () => Promise<D>, { working, changes, begun = false }: Watched<D>) {
  const language = useLanguage();
  const query = useQuery({
    queryKey: [...key, language],
    queryFn: ask,
    refetchInterval: ({ state }) => (state.data !== undefined && working(state.data) ? LOOK : false),
  });
  const awaited = useRef(begun);
  const busy = query.data !== undefined && working(query.data);
  useEffect(() => {
    if (busy) awaited.current = true;
    else if (awaited.current && query.data !== undefined) {
      awaited.current = false;
      void client.invalidateQueries(changes);
    }
    // Each look counts, not only a change of `busy`: a short run is never seen at work.
  }, [busy, query.dataUpdatedAt]);
  /** Tells that work was begun, so that its end is noticed however short it is. */
  const begin = () => {
    awaited.current = true;
  };
  return Object.assign({}, query, { begin });
}

interface Acts<R> {
  list: () => Promise<Page<R>>;
  start: () => Promise<unknown>;
  stop: (id: string) => Promise<unknown>;
}

/** A page of runs of one thing, with starting and stopping; `topic` is what they change. */
export function useRuns<R extends Run>(topic: string, key: unknown[], acts: Acts<R>) {
  const changes = { queryKey: [topic] };
  const { begin, ...runs } = useWatched([topic, "runs", ...key], acts.list, { working: (page) => page.items.some(atWork), changes });
  const again = () => client.invalidateQueries(changes);
  const start = useMutation({
    mutationFn: acts.start,
    onSuccess: () => {
      begin();
      return again();
    },
  });
  const stop = useMutation({ mutationFn: acts.stop, onSuccess: again });
  const failed = [start, stop].find((step) => step.isError);
  return { runs, live: runs.data?.items.find(atWork), start, stop, failure: failed?.error ?? null };
}
