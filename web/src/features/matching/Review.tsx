// The queue: take a batch, decide pair after pair with the keyboard, take the last decision back.
import { useMutation } from "@tanstack/react-query";
import { App, Button, Input, Progress } from "antd";
import { useEffect, useState } from "react";
import { api } from "../../sdk/api";
import { instant } from "../../sdk/format";
import { useT } from "../../sdk/i18n";
import { Card } from "../../sdk/Page";
import { client, useAsk } from "../../sdk/query";
import { Answer, Empty, FailureView } from "../../sdk/States";
import type { MatchPair, MatchPairDetail, MatchVerdict } from "../../sdk/types";
import { PairView } from "./PairView";

/** Pairs of one batch, and how long they are kept, minutes. */
const BATCH = { count: 10, minutes: 30 };
const SHORTCUTS: Record<string, "same" | "different" | "unsure"> = { s: "same", d: "different", u: "unsure" };

export function Review({ set }: { set: string }) {
  const mine = useAsk(["matching", "mine", set], async () => (await api.matchPairs(set, { mine: true, state: "open", page_size: 50 })).items);
  return <Answer query={mine} rows={8}>{(pairs) => <Batch key={pairs.map((pair) => pair.id).join()} set={set} pairs={pairs} />}</Answer>;
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

function Batch({ set, pairs: taken }: { set: string; pairs: MatchPair[] }) {
  const t = useT();
  const { message } = App.useApp();
  const [pairs, setPairs] = useState(taken);
  const [at, setAt] = useState(0);
  const [decided, setDecided] = useState<MatchPairDetail[]>([]);
  const [reason, setReason] = useState("");
  const pair = pairs[at];
  const again = () => client.invalidateQueries({ queryKey: ["matching"] });
  const take = useMutation({ mutationFn: () => api.takeMatchBatch(set, BATCH), onSuccess: again });
  const release = useMutation({ mutationFn: () => api.releaseMatchBatch(set), onSuccess: again });
  const decide = useMutation({
    mutationFn: ({ on, verdict }: { on: MatchPair; verdict: MatchVerdict }) => api.decideMatchPair(on.id, { verdict, reason, revision: on.revision }),
    onSuccess: (answer, { verdict }) => {
      setDecided((all) => [...all, answer]);
      setReason("");
      setAt((now) => now + 1);
      void message.success(t("matching.decided", { verdict: t(`matching.${verdict}`) }));
    },
  });
  const undo = useMutation({
    mutationFn: (last: MatchPairDetail) => api.decideMatchPair(last.card.id, { verdict: "withdrawn", reason: t("matching.undoReason"), revision: last.card.revision }),
    onSuccess: (answer) => {
      setDecided((all) => all.slice(0, -1));
      setAt((now) => Math.max(0, now - 1));
      // The pair is open again at its next revision, which is what the next decision is about.
      setPairs((all) => all.map((one) => (one.id === answer.card.id ? answer.card : one)));
      void message.info(t("matching.undone"));
    },
  });
  const busy = decide.isPending || undo.isPending;
  const last = decided.at(-1);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || busy || typing(event.target)) return;
      const verdict = SHORTCUTS[event.key.toLowerCase()];
      if (verdict && pair) decide.mutate({ on: pair, verdict });
      else if (event.key.toLowerCase() === "z" && last) undo.mutate(last);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
  const failed = [take, release, decide, undo].find((step) => step.isError);
  const button = (verdict: "same" | "different" | "unsure", primary = false) => (
    <Button type={primary ? "primary" : "default"} disabled={busy || !pair} onClick={() => pair && decide.mutate({ on: pair, verdict })}>
      {t(`matching.${verdict}Hint`)}
    </Button>
  );
  return (
    <Card
      title={t("matching.queue")}
      tools={
        <>
          <Button type={pair ? "default" : "primary"} loading={take.isPending} onClick={() => take.mutate()}>{t("matching.take")}</Button>
          {pairs.length > 0 ? <Button loading={release.isPending} onClick={() => release.mutate()}>{t("matching.release")}</Button> : null}
        </>
      }
    >
      {failed ? <FailureView error={failed.error} /> : null}
      {pairs.length > 0 ? (
        <div className="match-head">
          <span role="status">{t("matching.progress", { done: at, total: pairs.length })}</span>
          <Progress className="match-meter" percent={Math.round((at / pairs.length) * 100)} showInfo={false} aria-label={t("matching.progress", { done: at, total: pairs.length })} />
          {pair?.taken_until ? <span className="muted">{t("matching.until", { at: instant(pair.taken_until) })}</span> : null}
        </div>
      ) : null}
      {pair ? <PairView pair={pair} /> : <Empty title={pairs.length > 0 ? t("matching.allDone") : t("matching.nothingTaken")} hint={t("matching.nothingTakenHint")} />}
      {pairs.length > 0 ? (
        <div className="match-actions">
          {pair ? (
            <>
              <Input aria-label={t("matching.reason")} placeholder={t("matching.reason")} maxLength={1000} value={reason} onChange={(event) => setReason(event.target.value)} />
              {button("same", true)}
              {button("different")}
              {button("unsure")}
            </>
          ) : null}
          <Button disabled={busy || !last} onClick={() => last && undo.mutate(last)}>{t("matching.undoHint")}</Button>
          <small className="muted">{t("matching.keys")}</small>
        </div>
      ) : null}
    </Card>
  );
}
