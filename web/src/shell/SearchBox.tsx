// One search over products, firms, chains, data and components: Chinese, alias or pinyin.
import { SearchOutlined } from "@ant-design/icons";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { Input, type InputRef } from "antd";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { api } from "../sdk/api";
import { placeOf } from "../sdk/found";
import { text, useT } from "../sdk/i18n";
import { useAsk, useComponent } from "../sdk/query";
import { useParty } from "../sdk/session";
import { useFailureWords } from "../sdk/States";
import type { FoundThing } from "../sdk/types";
import { WORKING } from "./Navigation";

/** Of the chain graph, and of the catalogue. */
const [GRAPH_HITS, CATALOGUE_HITS] = [8, 6];

/** What a line of the list opens. */
type Suggestion =
  | { key: string; kind: "product" | "enterprise" | "chain"; id: string; name: string; subtitle?: string | null }
  | { key: string; kind: "found"; found: FoundThing }
  | { key: string; kind: "all" };

/** The typed text once typing has paused, so that each keystroke does not ask the node. */
export function usePaused(value: string, milliseconds: number): string {
  const [paused, setPaused] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return paused;
}

export function SearchBox({ focus, onDone }: { focus?: boolean; onDone?: () => void }) {
  const t = useT();
  const list = useId();
  const navigate = useNavigate();
  const router = useRouter();
  const [q, setQ] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<InputRef>(null);
  const party = useParty();
  const asked = usePaused(q.trim(), 200);
  const works = party !== undefined && WORKING.includes(party.role);
  const answer = useComponent("chain.search", { q: asked, limit: GRAPH_HITS }, { enabled: asked !== "" && works, keep: true });
  const catalogue = useAsk(["search", "suggest", asked], () => api.search({ q: asked, page_size: CATALOGUE_HITS, firms: false }), { enabled: asked !== "" });
  const hits = asked === "" ? [] : suggestions(works ? (answer.data?.result.hits ?? []) : [], catalogue.data?.items ?? []);
  const searching = answer.isFetching || catalogue.isFetching;
  // What could not be asked is not the same as what is not there.
  const failure = catalogue.error ?? (works ? answer.error : null);
  const words = useFailureWords();

  useEffect(() => setAt(0), [asked]);
  useEffect(() => {
    const away = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, []);

  useEffect(() => {
    const jump = (event: globalThis.KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        field.current?.focus({ cursor: "all" });
      }
    };
    document.addEventListener("keydown", jump);
    return () => document.removeEventListener("keydown", jump);
  }, []);

  const go = (hit: Suggestion) => {
    setOpen(false);
    setQ("");
    onDone?.();
    if (hit.kind === "all") void navigate({ to: "/search", search: { q: asked } });
    else if (hit.kind === "found") router.history.push(placeOf(hit.found));
    else if (hit.kind === "enterprise") void navigate({ to: "/firms/$id", params: { id: hit.id } });
    else if (hit.kind === "chain") void navigate({ to: "/chain/$id", params: { id: hit.id } });
    else void navigate({ to: "/candidates", search: { product: hit.id } });
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((now) => (hits.length === 0 ? 0 : (now + step + hits.length) % hits.length));
    } else if (event.key === "Enter") {
      const hit = hits[at];
      if (hit) go(hit);
      else if (q.trim() !== "") void navigate({ to: "/search", search: { q: q.trim() } });
    } else if (event.key === "Escape") setOpen(false);
  };

  const expanded = open && asked !== "";
  return (
    <div className="search" ref={box}>
      <Input
        ref={field}
        size="large"
        aria-keyshortcuts="Control+K Meta+K"
        variant="filled"
        prefix={<SearchOutlined aria-hidden="true" />}
        value={q}
        autoFocus={focus}
        allowClear
        placeholder={t("search.placeholder")}
        aria-label={t("search.label")}
        role="combobox"
        aria-expanded={expanded}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={expanded && hits[at] ? `${list}-${at}` : undefined}
        onChange={(event) => {
          setQ(event.target.value);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={onKey}
      />
      {expanded ? (
        <div className="search-list">
          {hits.length <= 1 ? (
            <p className="search-none" role="status">
              {searching ? t("search.searching") : failure ? words(failure)[0] : t("search.none", { q: asked })}
            </p>
          ) : null}
          <ul id={list} role="listbox" aria-label={t("search.label")}>
            {hits.map((hit, k) => (
              <li
                key={hit.key}
                id={`${list}-${k}`}
                role="option"
                aria-selected={k === at}
                className="search-hit"
                onPointerEnter={() => setAt(k)}
                onClick={() => go(hit)}
              >
                <Line hit={hit} q={asked} />
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  );
}

function Line({ hit, q }: { hit: Suggestion; q: string }) {
  const t = useT();
  if (hit.kind === "all") return <span>{t("find.all", { q })}</span>;
  if (hit.kind === "found") {
    return (
      <>
        <span className="search-kind">{t(`find.kindOf.${hit.found.kind}`)}</span>
        <b>{text(hit.found.title) || hit.found.id}</b>
        <small>{hit.found.id}</small>
      </>
    );
  }
  return (
    <>
      <span className="search-kind">{t(`search.${hit.kind}`)}</span>
      <b>{hit.name}</b>
      {hit.subtitle ? <small>{hit.subtitle}</small> : null}
    </>
  );
}

function suggestions(graph: { kind: "product" | "enterprise" | "chain"; id: string; name: string; subtitle?: string | null }[], found: FoundThing[]): Suggestion[] {
  return [
    ...graph.map((hit) => ({ key: `${hit.kind}:${hit.id}`, kind: hit.kind, id: hit.id, name: hit.name, subtitle: hit.subtitle })),
    ...found.map((hit) => ({ key: `found:${hit.kind}:${hit.id}`, kind: "found" as const, found: hit })),
    { key: "all", kind: "all" as const },
  ];
}
