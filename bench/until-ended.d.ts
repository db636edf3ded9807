/** See until-ended.js, which servers without TypeScript use as well. */
export function untilEnded(close?: () => unknown): void;
