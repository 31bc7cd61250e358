// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle: RFC 9162 roots over leaves that are hashes already
library Merkle {
    /// The SHA-256 precompile refused, or was not there.
    error HashingFailed();

    /// @notice The root of one or more leaves. An odd node at the end of a level is promoted as it is, which makes the
    /// tree of RFC 9162, 2.1.1 (every left subtree is the largest full one).
    /// @dev The leaves are copied to memory once; every level is then written over the lower half of the one below.
    /// A pair's prefix 0x01 is put into the last byte of the word before the pair. That byte belongs to the length,
    /// or to a pair that has been hashed already, and its own hash stands further down.
    // A thousand hashes a call: Solidity's sha256 would copy each pair first, which doubles their cost.
    // slither-disable-next-line assembly
    function root(bytes32[] calldata leaves) internal view returns (bytes32 result) {
        bytes32[] memory nodes = leaves;
        bool succeeded = true;
        assembly ("memory-safe") {
            let first := add(nodes, 32)
            let size := mload(nodes)
            let hashes := gt(size, 1)
            for {} gt(size, 1) {} {
                let target := first
                let pair := first
                for { let end := add(first, shl(6, shr(1, size))) } lt(pair, end) { pair := add(pair, 64) } {
                    mstore8(sub(pair, 1), 1)
                    succeeded := and(succeeded, staticcall(gas(), 2, sub(pair, 1), 65, target, 32))
                    target := add(target, 32)
                }
                if and(size, 1) { mstore(target, mload(pair)) }
                size := shr(1, add(size, 1))
            }
            result := mload(first)
            // Where nothing stands at the precompile's address, a call succeeds and returns nothing.
            if hashes { succeeded := and(succeeded, eq(returndatasize(), 32)) }
        }
        if (!succeeded) revert HashingFailed();
    }
}
