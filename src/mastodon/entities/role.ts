export interface RoleEntity {
  id: string;
  name: string;
  color: string;
  permissions: string;
  highlighted: boolean;
}

/**
 * Everybody who can log in is an author of the site, and nobody moderates through this API: without permissions, apps
 * offer no administration that would not work.
 */
export const AUTHOR_ROLE: RoleEntity = { id: "1", name: "", color: "", permissions: "0", highlighted: false };
