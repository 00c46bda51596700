import { QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { App } from "antd";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Accounts } from "../src/features/accounts/Accounts";
import { keyState } from "../src/features/keys/KeysPage";
import "../src/sdk/i18n";
import { client } from "../src/sdk/query";

afterEach(() => {
  vi.unstubAllGlobals();
  client.clear();
});

describe("an API key", () => {
  const now = new Date("2026-06-01T00:00:00Z");
  it("works until its end or its revocation, whichever comes first", () => {
    const later = "2026-07-01T00:00:00Z";
    expect(keyState({ expires_at: later, revoked_at: null }, now)).toBe("active");
    expect(keyState({ expires_at: "2026-06-01T00:00:00Z", revoked_at: null }, now)).toBe("expired");
    expect(keyState({ expires_at: later, revoked_at: "2026-05-01T00:00:00Z" }, now)).toBe("revoked");
  });
});

describe("the system administrator", () => {
  it("resets a password after being asked, and sees the one-time password once", async () => {
    const account = { id: "a1", username: "li", display_name: "李处", role: "government", kind: "person", organisation: null, region: null, disabled: false };
    const asked: string[] = [];
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
      asked.push(`${init.method ?? "GET"} ${path.split("?")[0] ?? ""}`);
      const party = { account: "me", display_name: "管理", role: "system_administrator", organisation: null, region: null };
      if (path.endsWith("/session")) return Promise.resolve(new Response(JSON.stringify({ party, must_change_password: false }), { status: 200 }));
      const body = path.includes("/password") ? { password: "once-only-42" } : { items: [account], total: 1, page: 1, page_size: 500 };
      return Promise.resolve(new Response(JSON.stringify(body), { status: 200 }));
    });
    render(<App><QueryClientProvider client={client}><Accounts /></QueryClientProvider></App>);
    fireEvent.click(await screen.findByRole("button", { name: "重置密码" }));
    expect(asked.some((a) => a.startsWith("POST"))).toBe(false);
    const buttons = await screen.findAllByRole("button", { name: /重置密码/ });
    fireEvent.click(buttons[buttons.length - 1] as HTMLElement);
    expect(await screen.findByDisplayValue("once-only-42")).toBeTruthy();
    expect(asked).toContain("POST /api/v1/accounts/a1/password");
  });
});
