// Under which name the page's answer is kept.
export const SECURITY_KEY = ["security"];
