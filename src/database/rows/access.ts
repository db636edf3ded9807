/** An app that was registered (OAuth client). */
export interface AppRow {
  _id: number;
  clientId: string;
  /** SHA-256 of the secret, base64url. */
  secretHash: string;
  name: string;
  website?: string;
  redirectUris: string[];
  scopes: string[];
  createdAt: Date;
}

/** An access token: of an app alone, or of an app for an account. Never expires; revoked by deleting. */
export interface TokenRow {
  _id: number;
  /** SHA-256 of the token, base64url. */
  tokenHash: string;
  app: number;
  /** `_id` of the account; absent for client credentials. */
  account?: number;
  scopes: string[];
  createdAt: Date;
  lastUsedAt?: Date;
}

/** An authorization code, usable once. */
export interface GrantRow {
  /** SHA-256 of the code, base64url. */
  _id: string;
  app: number;
  account: number;
  redirectUri: string;
  scopes: string[];
  /** S256 code challenge, where the app offered one. */
  challenge?: string;
  usedAt?: Date;
  /** The token that was given for it: revoked when the code is shown again. */
  token?: number;
  /** TTL. */
  expiresAt: Date;
}

/** Password of an account, for sites without a login of their own. */
export interface LoginRow {
  /** The account's `_id`. */
  _id: number;
  /** scrypt, with its parameters and salt. */
  password: string;
  changedAt: Date;
}

/** A browser that is logged in by the package's own login. */
export interface SessionRow {
  /** SHA-256 of the cookie's value. */
  _id: string;
  account: number;
  createdAt: Date;
  /** TTL. */
  expiresAt: Date;
}
