// Match sets: what is matched with what, how much waits for a person, and how the last run went.
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { api } from "../../sdk/api";
import { DataTable } from "../../sdk/DataTable";
import { number } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card, PageFrame } from "../../sdk/Page";
import { useAsk } from "../../sdk/query";
import { Answer, Empty } from "../../sdk/States";
import type { MatchSet } from "../../sdk/types";
import { RunState } from "./RunState";
import { SetForm } from "./SetForm";

export function MatchingPage() {
  const t = useT();
  const [writing, setWriting] = useState(false);
  const sets = useAsk(["matching", "sets"], api.matchSets);
  return (
    <PageFrame
      title={t("matching.title")}
      question={t("matching.question")}
      tools={<Button type="primary" onClick={() => setWriting(true)}>{t("matching.create")}</Button>}
    >
      <Answer query={sets} rows={6}>
        {(found) => (
          <Card label={t("matching.sets")}>
            <DataTable<MatchSet>
              label={t("matching.sets")}
              file="match-sets"
              rows={found}
              rowKey={(set) => set.id}
              empty={<Empty title={t("matching.none")} hint={t("matching.noneHint")} />}
              columns={[
                {
                  key: "name",
                  title: t("matching.name"),
                  head: true,
                  value: (set) => set.name,
                  render: (set) => <Link to="/matching/$id" params={{ id: set.id }}>{set.name}</Link>,
                },
                { key: "preset", title: t("matching.preset"), value: (set) => t(`matching.presetOf.${set.preset}`) },
                { key: "datasets", title: t("matching.datasets"), value: (set) => set.datasets.join(" "), render: (set) => <span className="mono wrap">{set.datasets.join(" ")}</span>, minor: true },
                { key: "open", title: t("matching.open"), kind: "count", value: (set) => set.open },
                { key: "clusters", title: t("matching.clusters"), kind: "count", value: (set) => set.clusters },
                {
                  key: "thresholds",
                  title: t("matching.thresholds"),
                  value: (set) => `${number(set.lower, 2)} – ${number(set.upper, 2)}`,
                  minor: true,
                },
                {
                  key: "run",
                  title: t("matching.lastRun"),
                  value: (set) => set.last_run?.state ?? "",
                  render: (set) => (set.last_run ? <RunState state={set.last_run.state} /> : <span className="muted">{t("matching.never")}</span>),
                },
              ]}
            />
          </Card>
        )}
      </Answer>
      {writing ? <SetForm onClose={() => setWriting(false)} /> : null}
    </PageFrame>
  );
}
