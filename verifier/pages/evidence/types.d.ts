// The types that contain themselves, which comments in JavaScript cannot declare.

/** An integer is a bigint only where a number would not be exact; a map has at most one member. */
export type CBOR = number | bigint | string | Uint8Array | null | CBOR[] | Map<number | bigint, CBOR>;

/** There are no fractions. An object has no prototype, so that no name in it means anything. */
export type JSONValue = string | number | boolean | null | JSONValue[] | { [name: string]: JSONValue };

/** What RLP writes. */
export type Item = Uint8Array | Item[];
