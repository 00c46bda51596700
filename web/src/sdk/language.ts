// Which language the person reads, without React: the API client and formatters need it too.
export type Language = "zh-CN" | "en";

const KEY = "brain.language";
let language: Language = read();

function read(): Language {
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "zh-CN";
  } catch {
    return "zh-CN";
  }
}

export function currentLanguage(): Language {
  return language;
}

export function keepLanguage(next: Language): void {
  language = next;
  document.documentElement.lang = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
}
