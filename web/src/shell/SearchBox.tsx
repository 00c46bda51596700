// One search over products, firms and chains: Chinese, alias or pinyin initials.
import { SearchOutlined } from "@ant-design/icons";
import { useNavigate } from "@tanstack/react-router";
import { Input } from "antd";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import type { SearchHit } from "../sdk/components";
import { useT } from "../sdk/i18n";
import { useComponent } from "../sdk/query";

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
  const [q, setQ] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const asked = usePaused(q.trim(), 200);
  const answer = useComponent("chain.search", { q: asked, limit: 12 }, { enabled: asked !== "", keep: true });
  const hits = asked === "" ? [] : (answer.data?.result.hits ?? []);

  useEffect(() => setAt(0), [asked]);
  useEffect(() => {
    const away = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, []);

  const go = (hit: SearchHit) => {
    setOpen(false);
    setQ("");
    onDone?.();
    if (hit.kind === "enterprise") void navigate({ to: "/firms/$id", params: { id: hit.id } });
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
      else if (q.trim() !== "") void navigate({ to: "/firms", search: { q: q.trim() } });
    } else if (event.key === "Escape") setOpen(false);
  };

  const expanded = open && asked !== "";
  return (
    <div className="search" ref={box}>
      <Input
        size="large"
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
          {hits.length === 0 ? (
            <p className="search-none" role="status">
              {answer.isFetching ? t("search.searching") : t("search.none", { q: asked })}
            </p>
          ) : null}
          <ul id={list} role="listbox" aria-label={t("search.label")}>
            {hits.map((hit, k) => (
              <li
                key={`${hit.kind}:${hit.id}`}
                id={`${list}-${k}`}
                role="option"
                aria-selected={k === at}
                className="search-hit"
                onPointerEnter={() => setAt(k)}
                onClick={() => go(hit)}
              >
                <span className="search-kind">{t(`search.${hit.kind}`)}</span>
                <b>{hit.name}</b>
                {hit.subtitle ? <small>{hit.subtitle}</small> : null}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </div>
  );
}
