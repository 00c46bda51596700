// A corpus is defined, given a file, built, looked at down to a document that went, and exported.
import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { settled, signIn, test, violations, watchErrors } from "./node";

const TEXT = "产业大脑汇集产业链上下游企业的数据，为政府和企业提供分析。平台对每一项数据进行分类分级，并记录谁在何时使用了它。\
企业可以在平台上发布需求，也可以查找合作伙伴。联系电话：13812345678。\n\n数据进入平台以前须经过质量检查，不合格的记录被隔离，\
等待人工处理。检查的结果与规则一起保存，任何人都可以核对。";

for (const size of [{ width: 1440, height: 900 }, { width: 375, height: 812 }]) {
  test(`define, bring files, build, look, export, ${size.width}`, async ({ page }) => {
    test.setTimeout(180_000);
    await page.setViewportSize(size);
    await signIn(page, "government");
    const errors = watchErrors(page);
    const stamp = `${Date.now()}`;
    const title = `浏览器语料 ${stamp}`;

    await page.goto("/corpora");
    await settled(page);
    expect(await violations(page)).toEqual([]);
    await page.getByRole("button", { name: "定义语料库" }).click();
    const form = page.getByRole("dialog");
    await form.getByLabel("标题", { exact: true }).fill(title);
    await form.getByLabel(/^名称/).fill(`browser_${stamp}`);
    await form.getByLabel("许可证").fill("CC-BY-4.0");
    await form.getByLabel("用途").fill("浏览器测试");
    await form.getByLabel("理由").fill("浏览器测试");
    await form.getByLabel("验证集占比").fill("0");
    await form.getByLabel("测试集占比").fill("0");
    expect(await violations(page)).toEqual([]);
    await form.getByRole("button", { name: /保\s?存/ }).click();
    await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();

    await page.getByLabel("选择要上传的文件").setInputFiles([
      { name: "通知.txt", mimeType: "text/plain", buffer: Buffer.from(TEXT) },
      { name: "太短.txt", mimeType: "text/plain", buffer: Buffer.from("太短。") },
    ]);
    await expect(page.getByText("太短.txt").first()).toBeVisible();
    await settled(page);
    await page.getByRole("button", { name: "开始构建" }).click();
    await expect(page.getByRole("link", { name: "第 1 版" }).first()).toBeVisible({ timeout: 120_000 });
    await settled(page);
    expect(await violations(page)).toEqual([]);

    await page.getByRole("link", { name: "第 1 版" }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: `${title} · 第 1 版` })).toBeVisible();
    await settled(page);
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: test.info().outputPath(`version-${size.width}.png`), fullPage: true });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wide).toBeLessThanOrEqual(0);

    // From a reason to the document that went by it, with the keyboard.
    await page.getByRole("button", { name: "词数过少" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByText("files/太短.txt").first()).toBeVisible();
    await settled(page);
    expect(await violations(page)).toEqual([]);

    for (const [tab, seen] of [
      ["保留的文档", "产业大脑汇集"], ["统计", "分词器"], ["质量报告", "质量报告"], ["数据集卡片", "license: cc-by-4.0"], ["血缘", "通知.txt"],
    ] as const) {
      await page.locator("main .ant-segmented").getByText(tab, { exact: true }).click();
      await expect(page.getByText(seen).first()).toBeVisible();
      await settled(page);
      expect(await violations(page)).toEqual([]);
    }
    const text = await page.request.get(page.url().replace(/\?.*$/, "").replace("/corpora/", "/api/v1/corpora/").replace(/\/1$/, "/versions/1/documents"));
    expect(await text.text()).not.toContain("13812345678");

    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "导出 JSONL" }).click();
    const file = await (await saved).path();
    const lines = readFileSync(file, "utf8").trim().split("\n");
    expect(lines).toHaveLength(1);
    expect((JSON.parse(lines[0] ?? "") as { source: string }).source).toBe("files/通知.txt");
    const packed = page.waitForEvent("download");
    await page.getByRole("button", { name: "导出 Hugging Face 文件夹" }).click();
    expect(readFileSync(await (await packed).path()).subarray(0, 2).toString()).toBe("PK");

    await page.goto(`/corpora?text=${stamp}`);
    await settled(page);
    await expect(page.getByRole("link", { name: title })).toBeVisible();
    await page.goto("/corpora?text=没有这样的语料库");
    await settled(page);
    await expect(page.getByText("没有符合的语料库。")).toBeVisible();
    expect(errors).toEqual([]);
  });
}
