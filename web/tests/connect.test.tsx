import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { RunState } from "../src/features/connect/ConnectorsPage";
import { Notices } from "../src/features/connect/RunHistory";
import "../src/sdk/i18n";
import type { ConnectorRun } from "../src/sdk/types";

const RUN: ConnectorRun = {
  id: "r",
  connector: "c",
  occasion: "schedule",
  actor: "system",
  state: "succeeded",
  started_at: "2026-11-30T08:00:00Z",
  ended_at: "2026-11-30T08:01:00Z",
  batches: 1,
  rows: 3,
  refused: 0,
  bytes: 10,
  attempts: 1,
  failure: null,
  notices: [
    { zh: "有 1 个网页未能取得，下次运行再试。", en: "1 page was not had; the next run asks for it again." },
    { zh: "网页 /busy 未能取得（答复 429），下次运行再试。", en: "The page /busy was not had." },
  ],
};

describe("what a source told in a run", () => {
  it("is counted beside the state, also of a run that succeeded", () => {
    render(<RunState run={RUN} />);
    expect(screen.getByText("2 条提示")).toBeTruthy();
  });
  it("opens in the list of runs", () => {
    render(<Notices run={RUN} />);
    const opened = screen.getByText("2 条提示").closest("details");
    expect(opened).toBeTruthy();
    for (const notice of RUN.notices) expect(opened?.textContent).toContain(notice.zh);
  });
  it("is not shown where nothing was told", () => {
    const quiet = { ...RUN, notices: [] };
    render(<><RunState run={quiet} /><Notices run={quiet} /></>);
    expect(screen.queryByText(/条提示/)).toBeNull();
    expect(screen.getByText("—")).toBeTruthy();
  });
});
