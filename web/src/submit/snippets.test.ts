import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type JsonObject, parseJson } from "~/lib/json.ts";
import { LANGUAGES, literal, quoted, snippet } from "~/submit/snippets.ts";

const HOSTILE = [
  "'; rm -rf / #",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what a shell would fill in
  "$(id) `id` ${HOME} !! \\ \" '",
  "-rf",
  "--payload",
  "line one\nline two\r\n\ttab",
  "",
  "'''\"\"\"",
  "naïve ⛁ \u202e\u2028 \u0000end",
  "*?[a-z]~&|<>(){}",
];

test.each(HOSTILE.filter((it) => !it.includes("\u0000")))(
  "a shell reads %j as one word",
  (text) => {
    const read = execFileSync("sh", ["-c", `printf %s ${quoted(text)}`], { encoding: "utf8" });
    expect(read).toBe(text);
  },
);

test("what is plain stays unquoted", () => {
  expect(quoted("data_processing")).toBe("data_processing");
  expect(quoted("http://127.0.0.1:8000")).toBe("http://127.0.0.1:8000");
});

test("a hostile order is one literal in Python, and the same value", () => {
  const order = {
    texts: HOSTILE,
    [HOSTILE[1] ?? ""]: null,
    nested: { yes: true, no: false, none: [], big: parseJson("12345678901234567890") },
  } as JsonObject;
  const program = `import json,sys\nprint(json.dumps(${literal(order)}))`;
  const read = execFileSync("python3", ["-c", program], { encoding: "utf8" });
  expect(JSON.stringify(parseJson(read))).toBe(JSON.stringify(order));
});

test("the body of curl is the order, to the last digit", () => {
  const order = parseJson(`{"type":"custom","payload":{"it's":9007199254740993}}`) as JsonObject;
  const command = snippet("curl", order, "http://127.0.0.1:8000").replace("curl", "printf '%s\\n'");
  const words = execFileSync("sh", ["-c", command], {
    encoding: "utf8",
    env: { TASKFORGE_API_KEY: "tf_secret" },
  });
  expect(words).toContain("X-API-Key: tf_secret\n");
  expect(JSON.stringify(parseJson(words.slice(words.indexOf("{"))))).toBe(JSON.stringify(order));
});

test("the command names its options as it knows them", () => {
  const order: JsonObject = {
    type: "email",
    payload: { to: "ann@demo.taskforge.test" },
    tags: ["nightly run"],
    priority: "high",
    scheduled_at: "2026-03-01T09:00:00Z",
  };
  expect(snippet("CLI", order, "http://127.0.0.1:8000")).toBe(
    [
      "TASKFORGE_URL=http://127.0.0.1:8000 taskforge job submit email",
      `--payload '{"to":"ann@demo.taskforge.test"}'`,
      "--tag='nightly run'",
      "--priority=high",
      "--at=2026-03-01T09:00:00Z",
      "--watch",
    ].join(" \\\n  "),
  );
});

test("no snippet holds a credential of whoever copies it", () => {
  for (const language of LANGUAGES) {
    expect(snippet(language, { type: "custom" }, "http://a")).not.toMatch(/Bearer|password/i);
  }
});
