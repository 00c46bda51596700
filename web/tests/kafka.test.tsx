// What is typed of a Kafka topic and what the node takes say the same.
import { fireEvent, render, screen } from "@testing-library/react";
import { Button, Form } from "antd";
import { describe, expect, it } from "vitest";
import { zh } from "../src/locales/zh-CN";
import "../src/sdk/i18n";
import type { Connector, SourceSettings } from "../src/sdk/types";
import { bodyOf, type Draft, draftOf, EMPTY } from "../src/features/connect/draft";
import { KafkaFields } from "../src/features/connect/StreamFields";

type Kafka = Extract<SourceSettings, { kind: "kafka" }>;

const SETTINGS: Kafka = {
  kind: "kafka",
  brokers: ["k1.example.cn:9093", "[fd00::2]:9093"],
  tls: "unchecked",
  user: "brain",
  mechanism: "plain",
  topic: "orders",
  start: "latest",
};
const CONNECTOR: Connector = {
  id: "c",
  name: "orders",
  settings: SETTINGS,
  has_secret: true,
  mapping: "auto",
  dataset: "raw.orders",
  schedule: { every: "minutes", minutes: 5 },
  enabled: true,
  revision: 1,
  updated_by: "a",
  updated_at: "2026-11-30T08:00:00Z",
  last_run: null,
  next_run_at: null,
};
const typed = (more: Partial<Draft>) => bodyOf({ ...EMPTY, name: "orders", kind: "kafka", ...more } as Draft, null).settings;

describe("a topic of Kafka as it is typed", () => {
  it("comes back as it was", () => {
    expect(bodyOf(draftOf(CONNECTOR) as Draft, CONNECTOR).settings).toEqual(SETTINGS);
    const anonymous: Kafka = { ...SETTINGS, tls: "checked", user: null, mechanism: "scram_sha_512", start: "earliest" };
    expect(bodyOf(draftOf({ ...CONNECTOR, settings: anonymous }) as Draft, CONNECTOR).settings).toEqual(anonymous);
  });

  it("is checked, anonymous and read from the oldest message unless it says otherwise", () => {
    const least = { kind: "kafka", brokers: ["k1:9092"], tls: "checked", user: null, mechanism: "scram_sha_512", topic: "orders", start: "earliest" };
    expect(typed({ brokers: ["k1:9092"], topic: " orders ", user: " " })).toEqual(least);
    expect(typed({ brokers: ["k1:9092"], topic: "orders", encryption: undefined, mechanism: undefined, origin: undefined })).toEqual(least);
  });
});

describe("the fields of a topic of Kafka", () => {
  const words = zh.connectors;
  const show = (draft: Partial<Draft>) =>
    render(<Form initialValues={{ ...EMPTY, topic: "orders", ...draft }}><KafkaFields /><Button htmlType="submit" /></Form>);

  it("ask for a mechanism only with a user", async () => {
    show({});
    expect(screen.queryByText(words.mechanism)).toBeNull();
    fireEvent.change(screen.getByLabelText(words.user), { target: { value: "brain" } });
    expect(await screen.findByText(words.mechanism)).toBeTruthy();
    expect(screen.getByText(words.mechanismOf.scram_sha_512)).toBeTruthy();
  });

  it("refuse what is no host:port, and more than ten", async () => {
    const many = Array.from({ length: 11 }, (_, n) => `k${n}:9092`);
    for (const brokers of [["k1"], ["tcp://k1:9092"], ["k1:9092", "fd00::2"], many]) {
      const { unmount } = show({ brokers });
      fireEvent.click(screen.getByRole("button"));
      expect(await screen.findByText(words.brokersForm), brokers.join()).toBeTruthy();
      unmount();
    }
  });

  it("require a broker", async () => {
    show({ brokers: [] });
    fireEvent.click(screen.getByRole("button"));
    expect(await screen.findByText(zh.components.required)).toBeTruthy();
  });
});
