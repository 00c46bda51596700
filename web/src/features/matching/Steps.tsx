// The steps of a plan: each two tables, or one with itself. They are added, removed and put in order.
import { Button, Form, type FormRule, Input } from "antd";
import { useEffect, useRef, useState } from "react";
import { useT } from "../../sdk/i18n";
import { columnsOf, EMPTY_STEP, type StepDraft, STEPS_MAX } from "./draft";
import { useReadable } from "./readable";

/** What a change of the steps says aloud, and where the keyboard goes on. */
interface Told {
  text: string;
  /** Selectors; the first that is there. */
  focus: string[];
}

export function Steps() {
  const t = useT();
  const box = useRef<HTMLDivElement>(null);
  const [told, setTold] = useState<Told | null>(null);
  useEffect(() => {
    const found = told?.focus.map((selector) => box.current?.querySelector<HTMLElement>(selector)).find(Boolean);
    found?.focus();
  }, [told]);
  return (
    <div ref={box} style={{ marginBottom: 24 }}>
      <p className="sr" role="status">{told?.text}</p>
      <Form.List name="steps">
        {(steps, { add, remove, move }) => (
          <>
            {steps.map(({ key, name }) => {
              const step = name + 1;
              const shift = (to: number) => {
                move(name, to);
                // At either end the button that was pressed has nothing to do any more; the other one is next to it.
                const acts = to < name ? ["up", "down"] : ["down", "up"];
                setTold({ text: t("matching.stepMoved", { from: step, to: to + 1 }), focus: acts.map((act) => `[data-step="${to}"] [data-act="${act}"]:enabled`) });
              };
              const drop = () => {
                remove(name);
                setTold({ text: t("matching.stepRemoved", { step }), focus: [`[data-step="${Math.min(name, steps.length - 2)}"]`] });
              };
              return (
                <fieldset key={key} className="card" data-step={name} tabIndex={-1}>
                  <legend>{t("matching.step", { step })}</legend>
                  <Sides step={name} />
                  {steps.length > 1 ? (
                    <div className="match-step-acts">
                      <Button data-act="up" disabled={name === 0} onClick={() => shift(name - 1)} aria-label={t("matching.stepUpOf", { step })}>{t("matching.stepUp")}</Button>
                      <Button data-act="down" disabled={step === steps.length} onClick={() => shift(name + 1)} aria-label={t("matching.stepDownOf", { step })}>{t("matching.stepDown")}</Button>
                      <Button danger onClick={drop} aria-label={t("matching.stepRemoveOf", { step })}>{t("matching.stepRemove")}</Button>
                    </div>
                  ) : null}
                </fieldset>
              );
            })}
            <div className="match-step-acts" style={{ marginTop: 12 }}>
              <Button
                disabled={steps.length >= STEPS_MAX}
                onClick={() => {
                  add(EMPTY_STEP);
                  setTold({ text: t("matching.stepAdded", { step: steps.length + 1 }), focus: [`[data-step="${steps.length}"] input`] });
                }}
              >
                {t("matching.stepAdd")}
              </Button>
              <span className="muted">{t("matching.stepsHint", { count: STEPS_MAX })}</span>
            </div>
          </>
        )}
      </Form.List>
    </div>
  );
}

/** Left and right table of a step; fields are named by their place in it. */
function Sides({ step }: { step: number }) {
  const t = useT();
  const readable = useReadable();
  const needed = { required: true, whitespace: true, message: t("components.required") };
  const keyWhereTable: FormRule = ({ getFieldValue }) => ((getFieldValue(["steps", step, "rightDataset"]) as string | undefined)?.trim() ? needed : {});
  const line = (part: keyof StepDraft, label: string, rule?: FormRule) => (
    <Form.Item name={[step, part]} label={label} rules={rule ? [rule] : undefined} dependencies={part === "rightKey" ? [["steps", step, "rightDataset"]] : undefined}>
      <Input maxLength={400} autoComplete="off" />
    </Form.Item>
  );
  const columns = (part: keyof StepDraft, label: string) => (
    <Form.Item name={[step, part]} label={label} rules={[readable(columnsOf)]} validateTrigger="onBlur">
      <Input.TextArea rows={3} maxLength={20_000} className="mono" />
    </Form.Item>
  );
  return (
    <div className="grid2">
      <div>
        {line("leftDataset", t("matching.left"), needed)}
        {line("leftKey", t("matching.key"), needed)}
        {columns("leftColumns", t("matching.columns"))}
      </div>
      <div>
        {line("rightDataset", t("matching.right"))}
        {line("rightKey", t("matching.rightKey"), keyWhereTable)}
        {columns("rightColumns", t("matching.rightColumns"))}
      </div>
    </div>
  );
}
