// Passkeys: between the node's messages (base64url) and the browser's (buffers). Nothing is decided here.
import type { NewPasskey, PasskeyAnswer, PasskeyCreation, PasskeyRequest } from "./types";

/** Whether this browser, at this address, can make and show passkeys for the node. */
export function canUsePasskeys(publicUrl: string | null | undefined): boolean {
  return typeof window.PublicKeyCredential === "function" && publicUrl === window.location.origin;
}

export function toBase64url(buffer: ArrayBuffer | Uint8Array): string {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(plain.length);
  for (let at = 0; at < plain.length; at += 1) bytes[at] = plain.charCodeAt(at);
  return bytes;
}

function descriptors(list: PasskeyRequest["allow"]): PublicKeyCredentialDescriptor[] {
  return list.map((one) => ({
    type: "public-key",
    id: fromBase64url(one.id),
    // Words this browser does not know are passed over by it.
    transports: one.transports as AuthenticatorTransport[],
  }));
}

function remaining(expiresAt: string): number {
  return Math.max(1_000, new Date(expiresAt).getTime() - Date.now());
}

/** Asks the browser for a new passkey. */
export async function createPasskey(asked: PasskeyCreation, name: string, nodeName: string): Promise<NewPasskey> {
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: fromBase64url(asked.challenge),
      rp: { id: asked.relying_party, name: nodeName },
      user: { id: fromBase64url(asked.user_id), name: asked.user_name, displayName: asked.user_display_name },
      pubKeyCredParams: asked.algorithms.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: descriptors(asked.exclude),
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      attestation: "none",
      timeout: remaining(asked.expires_at),
    },
  });
  if (!(made instanceof PublicKeyCredential)) throw new DOMException("no credential", "NotAllowedError");
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    name,
    client_data: toBase64url(response.clientDataJSON),
    attestation: toBase64url(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  };
}

/** Asks the browser for one of the person's passkeys. */
export async function showPasskey(asked: PasskeyRequest): Promise<PasskeyAnswer> {
  const shown = await navigator.credentials.get({
    publicKey: {
      challenge: fromBase64url(asked.challenge),
      rpId: asked.relying_party,
      allowCredentials: descriptors(asked.allow),
      userVerification: "required",
      timeout: remaining(asked.expires_at),
    },
  });
  if (!(shown instanceof PublicKeyCredential)) throw new DOMException("no credential", "NotAllowedError");
  const response = shown.response as AuthenticatorAssertionResponse;
  return {
    credential_id: toBase64url(shown.rawId),
    client_data: toBase64url(response.clientDataJSON),
    authenticator_data: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
    user_handle: response.userHandle ? toBase64url(response.userHandle) : null,
  };
}

/** Whether the person, or the browser on its behalf, stopped: nothing went wrong. */
export function wasCancelled(cause: unknown): boolean {
  return cause instanceof DOMException && (cause.name === "NotAllowedError" || cause.name === "AbortError");
}

/** Whether the authenticator holds a passkey of this account already. */
export function isKnownHere(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "InvalidStateError";
}
