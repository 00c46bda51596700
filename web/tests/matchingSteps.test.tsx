// The steps of a match plan in the form: all of them, in the order wanted, with the keyboard where it was.
import { act, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { Form } from "antd";
import { describe, expect, it, vi } from "vitest";
import { type Draft, EMPTY, EMPTY_STEP, planOf } from "../src/features/matching/draft";
import { Steps } from "../src/features/matching/Steps";
import "../src/sdk/i18n";

const step = (dataset: string) => ({ ...EMPTY_STEP, leftDataset: dataset, leftKey: "id" });

function open(...datasets: string[]) {
  const saved = vi.fn((draft: Draft) => planOf({ ...EMPTY, ...draft }).steps.map(({ left, right }) => [left.dataset, right?.dataset ?? null]));
  render(
    <Form<Draft> initialValues={{ ...EMPTY, steps: datasets.map(step) }} onFinish={saved}>
      <Steps />
      <button type="submit">go</button>
    </Form>,
  );
  const save = async () => {
    await act(async () => void fireEvent.click(screen.getByText("go")));
  };
  return { saved, save };
}

const group = (at: number) => screen.getByText(`第 ${at} 步`).closest("fieldset") as HTMLElement;
const left = (at: number) => (within(group(at)).getByLabelText("左表") as HTMLInputElement).value;
const press = (name: string) => act(async () => void fireEvent.click(screen.getByLabelText(name)));

describe("the steps of a plan", () => {
  it("are all there", () => {
    open("raw.a", "raw.b");
    expect([1, 2].map(left)).toEqual(["raw.a", "raw.b"]);
  });

  it("move, the keyboard with them, and it is said aloud", async () => {
    open("raw.a", "raw.b", "raw.c");
    await press("上移第 3 步");
    expect([1, 2, 3].map(left)).toEqual(["raw.a", "raw.c", "raw.b"]);
    expect(document.activeElement?.getAttribute("aria-label")).toBe("上移第 2 步");
    expect(document.querySelector("[role=status]")?.textContent).toBe("第 3 步已移到第 2 步。");
    await press("上移第 2 步");
    expect(document.activeElement?.getAttribute("aria-label"), "up has nothing to do at the top").toBe("下移第 1 步");
  });

  it("are saved in the order they were put, without those removed", async () => {
    const { saved, save } = open("raw.a", "raw.b", "raw.c");
    await press("下移第 1 步");
    await press("删除第 2 步");
    expect(document.activeElement).toBe(group(2));
    await save();
    await waitFor(() => expect(saved.mock.results[0]?.value).toEqual([["raw.b", null], ["raw.c", null]]));
  });

  it("are added, and the only one stays", async () => {
    const { saved, save } = open("raw.a");
    expect(screen.queryByLabelText(/^删除第/)).toBeNull();
    const more = screen.getByText("添加步骤").closest("button") as HTMLButtonElement;
    await act(async () => void fireEvent.click(more));
    expect(document.activeElement).toBe(within(group(2)).getByLabelText("左表"));
    await save();
    expect(saved, "a step without a table").not.toHaveBeenCalled();
  });

  it("are no more than eight", () => {
    open(..."abcdefgh".split("").map((name) => `raw.${name}`));
    expect((screen.getByText("添加步骤").closest("button") as HTMLButtonElement).disabled).toBe(true);
  });

  it("say which line of which field cannot be read, and that a right table has a key", async () => {
    const { saved, save } = open("raw.a", "raw.b");
    fireEvent.change(within(group(2)).getByLabelText(/^字段对应/), { target: { value: "name=a\nuscc" } });
    fireEvent.change(within(group(1)).getByLabelText(/^右表（/), { target: { value: "raw.c" } });
    await save();
    await waitFor(() => expect(within(group(2)).getByText("第 2 行应为 字段=列。")).toBeTruthy());
    await waitFor(() => expect(within(group(1)).getByText("必填")).toBeTruthy());
    fireEvent.change(within(group(2)).getByLabelText(/^字段对应/), { target: { value: "name=a" } });
    fireEvent.change(within(group(1)).getByLabelText("右表识别列"), { target: { value: "code" } });
    await save();
    await waitFor(() => expect(saved.mock.results[0]?.value).toEqual([["raw.a", "raw.c"], ["raw.b", null]]));
  });
});
