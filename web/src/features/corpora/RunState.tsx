// How a run stands, in a word and a colour.
import { Tag } from "antd";
import { useT } from "../../sdk/i18n";

const STATES = ["queued", "running", "succeeded", "failed", "cancelled", "interrupted"] as const;
const COLOURS: Record<string, string> = {
  queued: "processing", running: "processing", succeeded: "success", failed: "error", interrupted: "warning", cancelled: "default",
};

export function RunState({ state }: { state: string }) {
  const t = useT();
  const known = STATES.find((s) => s === state);
  return <Tag color={COLOURS[state]}>{known ? t(`corpora.stateOf.${known}`) : state}</Tag>;
}
