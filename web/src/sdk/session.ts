// Who looks.
import { useQuery } from "@tanstack/react-query";
import { api, Refusal } from "./api";
import { client } from "./query";
import type { Party, SessionState } from "./types";

export const SESSION_KEY = ["session"];

/** The session, or `null` when nobody is signed in. */
export async function readSession(): Promise<SessionState | null> {
  try {
    return await api.session();
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return null;
    throw error;
  }
}

export function useSession() {
  return useQuery({ queryKey: SESSION_KEY, queryFn: readSession, staleTime: 300_000 });
}

/** The signed-in party; only for pages inside the shell, where one exists. */
export function useParty(): Party | undefined {
  return useSession().data?.party;
}

export async function signOut(): Promise<void> {
  try {
    await api.signOut();
  } finally {
    client.clear();
  }
}
