import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import { en } from "../locales/en";
import { zh } from "../locales/zh-CN";
import { currentLanguage, keepLanguage, type Language } from "./language";
import type { Text } from "./types";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof zh };
  }
}

void i18next.use(initReactI18next).init({
  lng: currentLanguage(),
  fallbackLng: "zh-CN",
  resources: { "zh-CN": { translation: zh }, en: { translation: en } },
  interpolation: { escapeValue: false },
  returnNull: false,
  // A key without text is a defect; the browser tests fail on it.
  saveMissing: true,
  missingKeyHandler: (_languages, _namespace, key) => console.error(`no text for key ${key}`),
});
document.documentElement.lang = currentLanguage();

export async function switchLanguage(next: Language): Promise<void> {
  keepLanguage(next);
  await i18next.changeLanguage(next);
}

/** The text in the language on screen; texts the server already chose pass through. */
export function text(value: Text | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  return currentLanguage() === "en" ? value.en || value.zh : value.zh || value.en;
}

/** Several whole sentences, one after the other. */
export function sentences(values: Text[]): string {
  return values.map(text).join(currentLanguage() === "en" ? " " : "");
}

export function useT() {
  return useTranslation().t;
}

export function useLanguage(): Language {
  return useTranslation().i18n.language === "en" ? "en" : "zh-CN";
}

export { i18next };
