/** A JSON object as it is written into the OpenAPI document. */
export type Json = { [name: string]: unknown };
