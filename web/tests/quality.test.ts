import { describe, expect, it } from "vitest";
import { joined } from "../src/features/quality/Proposals";
import { signed } from "../src/features/quality/QualityPanel";
import type { QualityProposal } from "../src/sdk/types";

const proposal = (toml: string) => ({ toml }) as QualityProposal;

describe("accepted proposals", () => {
  it("stand behind the rules there are, a blank line between them", () => {
    const added = [proposal('[[rule]]\nid = "b"\n'), proposal('[[rule]]\nid = "c"\n')];
    expect(joined('owner = "x"\n\n\n', added)).toBe('owner = "x"\n\n[[rule]]\nid = "b"\n\n[[rule]]\nid = "c"\n');
    expect(joined("", added.slice(0, 1))).toBe('[[rule]]\nid = "b"\n');
  });
});

describe("a change of the score", () => {
  it("has a sign where it is one", () => {
    expect([signed(1.25), signed(-0.4), signed(0.04)]).toEqual(["+1.3", "−0.4", "0"]);
  });
});
