import { AppstoreOutlined } from "@ant-design/icons";
import { Link } from "@tanstack/react-router";
import { Input } from "antd";
import { useId, useState } from "react";
import { api } from "../../sdk/api";
import { text, useT } from "../../sdk/i18n";
import { Badge, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { ComponentCard, Side } from "../../sdk/types";

const SIDES: Side[] = ["government", "industry", "enterprise", "operation"];
const KINDS = ["knowledge", "tool", "application"] as const;
const EFFECTS = ["read", "write"] as const;

export function useManifestWords() {
  const t = useT();
  return {
    kind: (value: string) => {
      const known = KINDS.find((k) => k === value);
      return known ? t(`components.kind.${known}`) : value;
    },
    effect: (value: string) => {
      const known = EFFECTS.find((e) => e === value);
      return known ? t(`components.effect.${known}`) : value;
    },
  };
}

export function ComponentList() {
  const t = useT();
  const id = useId();
  const [typed, setTyped] = useState("");
  const components = useAsk(["components"], api.components);
  const wanted = typed.trim().toLowerCase();
  const matches = (m: ComponentCard) => wanted === "" || `${m.id} ${text(m.title)} ${text(m.summary)}`.toLowerCase().includes(wanted);
  return (
    <PageFrame title={t("components.title")} question={t("components.question")}>
      <div className="filters">
        <div className="filter wide" style={{ flex: "1 1 240px", maxWidth: 380 }}>
          <label htmlFor={id}>{t("components.search")}</label>
          <Input id={id} allowClear value={typed} onChange={(event) => setTyped(event.target.value)} />
        </div>
      </div>
      <Answer query={components} rows={8}>
        {(list) => {
          const found = list.filter(matches);
          if (found.length === 0) return <Empty title={t("components.none")} hint={t("components.noneHint")} />;
          return (
            <>
              {SIDES.map((side) => {
                const group = found.filter((m) => m.side === side);
                return group.length === 0 ? null : (
                  <section key={side} style={{ marginBottom: 24 }}>
                    <h2 style={{ fontSize: 16, marginBottom: 10 }}>{t(`side.${side}`)}</h2>
                    <div className="tiles">{group.map((m) => <Tile key={m.id} manifest={m} />)}</div>
                  </section>
                );
              })}
              <p className="muted">{t("components.also")}</p>
            </>
          );
        }}
      </Answer>
    </PageFrame>
  );
}

function Tile({ manifest }: { manifest: ComponentCard }) {
  const words = useManifestWords();
  return (
    <Link to="/components/$id" params={{ id: manifest.id }} className="tile">
      <span className="icon" aria-hidden="true"><AppstoreOutlined /></span>
      <span style={{ minWidth: 0 }}>
        <b>{text(manifest.title)}</b>
        <span className="mono muted wrap">{manifest.id} {manifest.version}</span>
        <span className="sub" style={{ display: "block", margin: "4px 0 8px" }}>{text(manifest.summary)}</span>
        <Badge>{words.kind(manifest.kind)}</Badge> <Badge>{words.effect(manifest.effect)}</Badge>
      </span>
    </Link>
  );
}
