// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHeads} from "./interfaces/IHeads.sol";

/// @title Heads: the hash chains over everything recorded, and the one clock
/// @dev Inherited first, so that the heads are the contract's first storage slots.
abstract contract Heads is IHeads {
    /// Above this, a block's time is in milliseconds: in seconds it would be the year 5138.
    uint256 private constant SECONDS_AT_MOST = 1e11;

    /// Slots 0, 1 and 2.
    bytes32[3] private _heads;

    /// @inheritdoc IHeads
    function head(Head which) external view returns (bytes32) {
        return _heads[uint256(which)];
    }

    /// Takes a step of a hash chain; `arguments` is abi.encode of all the event's arguments.
    function _absorb(Head which, bytes32 topic0, bytes memory arguments) internal {
        _heads[uint256(which)] =
            keccak256(abi.encode(_heads[uint256(which)], block.number, topic0, keccak256(arguments)));
    }

    /// Seconds since 1970. The only reading of the time; one supported chain counts milliseconds.
    // Only the unit is decided by this comparison.
    // slither-disable-next-line timestamp
    function _now() internal view returns (uint256) {
        return block.timestamp > SECONDS_AT_MOST ? block.timestamp / 1000 : block.timestamp;
    }
}
