import { afterEach, describe, expect, it } from "vitest";
import { csv, field } from "../src/sdk/csv";
import { bytes, date, DASH, index, instant, money, number, percent, seconds } from "../src/sdk/format";
import { keepLanguage } from "../src/sdk/language";

afterEach(() => keepLanguage("zh-CN"));

describe("money", () => {
  it("is read in 元, 万元 and 亿元", () => {
    expect(money(9_999)).toBe("9,999 元");
    expect(money(15_000_000)).toBe("1,500 万元");
    expect(money(366_670_000)).toBe("3.67 亿元");
    expect(money(-20_000)).toBe("-2 万元");
  });
  it("is read in millions and billions in English", () => {
    keepLanguage("en");
    expect(money(15_000_000)).toBe("¥15 m");
    expect(money(2_500_000_000)).toBe("¥2.5 bn");
  });
  it("shows a dash for what is not known, never zero", () => {
    expect(money(null)).toBe(DASH);
    expect(money(undefined)).toBe(DASH);
    expect(money(Number.NaN)).toBe(DASH);
    expect(money(0)).toBe("0 元");
  });
});

describe("numbers, dates, sizes", () => {
  it("keeps separators and rounds", () => {
    expect(number(89_656)).toBe("89,656");
    expect(number(1.23456, 2)).toBe("1.23");
    expect(percent(0.6832)).toBe("68.3%");
    expect(percent(null)).toBe(DASH);
  });
  it("keeps small indices readable", () => {
    expect(index(0.0693191)).toBe("0.06932");
    expect(index(0.00000512)).toBe("5.12e-6");
    expect(index(0)).toBe("0");
  });
  it("writes dates as ISO", () => {
    expect(date("2025-12-31T00:00:00Z")).toBe("2025-12-31");
    expect(date(null)).toBe(DASH);
    expect(instant("2026-11-20T08:30:00")).toBe("2026-11-20 08:30");
    expect(instant("yesterday")).toBe("yesterday");
  });
  it("scales bytes and durations", () => {
    expect(bytes(512)).toBe("512 B");
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(seconds(0.012)).toBe("12 ms");
    expect(seconds(3.42)).toBe("3.4 s");
    expect(seconds(125)).toBe("2 min 5 s");
  });
});

describe("CSV", () => {
  it("starts with a byte order mark and quotes what needs quoting", () => {
    expect(csv(["名称", "n"], [['a "b", c', 1]])).toBe('\uFEFF名称,n\r\n"a ""b"", c",1\r\n');
  });
  it("never hands a spreadsheet a formula, and leaves negative numbers alone", () => {
    expect(field("=HYPERLINK(1)")).toBe("'=HYPERLINK(1)");
    expect(field("@x")).toBe("'@x");
    expect(field(-5)).toBe("-5");
    expect(field(null)).toBe("");
  });
});
