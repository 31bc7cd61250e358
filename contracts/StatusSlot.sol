// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICertificates} from "./interfaces/ICertificates.sol";

/// @title StatusSlot: all tracks of a leaf, packed into one word
/// @dev From the low end: five final tracks of 27 bits (24 from, 3 level); SUSPENSION of 51 (24 from, 24 until,
/// 3 level); LOSS of 27 (24 from, 3 level); RENEWAL_PENDING of 27 (24 until, 3 level); 16 bits that count changes. A
/// track is set if its first 24 bits are not zero. contracts/README.md has the picture.
library StatusSlot {
    uint256 private constant HOUR = type(uint24).max;
    uint256 private constant HOUR_BITS = 24;
    uint256 private constant LEVEL_BITS = 3;
    uint256 private constant SHORT = 27;
    uint256 private constant LONG = 51;
    uint256 private constant ONE_CHANGE = 1 << 240;

    /// @notice What the slot holds of a track; zero if the track is not set.
    function read(uint256 slot, ICertificates.Track track) internal pure returns (uint256) {
        return (slot >> _offset(track)) & _mask(track);
    }

    /// @notice The slot with a track set.
    function write(uint256 slot, ICertificates.Track track, uint24 from, uint24 until, uint8 level)
        internal
        pure
        returns (uint256)
    {
        uint256 value = uint256(level) << (_width(track) - LEVEL_BITS);
        if (track == ICertificates.Track.RENEWAL_PENDING) value |= until;
        else value |= from;
        if (track == ICertificates.Track.SUSPENSION) value |= uint256(until) << HOUR_BITS;
        return clear(slot, track) | (value << _offset(track));
    }

    /// @notice The slot with a track taken out.
    function clear(uint256 slot, ICertificates.Track track) internal pure returns (uint256) {
        return slot & ~(_mask(track) << _offset(track));
    }

    /// @notice The slot with one more change counted. The counter starts again after 65,535, out of the word's end.
    function counted(uint256 slot) internal pure returns (uint256) {
        unchecked {
            return slot + ONE_CHANGE;
        }
    }

    /// @notice The level of who set a track, from what `read` returned.
    function setterLevel(uint256 value, ICertificates.Track track) internal pure returns (uint8) {
        return uint8(value >> (_width(track) - LEVEL_BITS));
    }

    /// @notice Whether a track, from what `read` returned, has ended by an hour.
    function isPast(uint256 value, ICertificates.Track track, uint256 hour) internal pure returns (bool) {
        uint256 until = 0;
        if (track == ICertificates.Track.SUSPENSION) until = (value >> HOUR_BITS) & HOUR;
        if (track == ICertificates.Track.RENEWAL_PENDING) until = value & HOUR;
        return until != 0 && until <= hour;
    }

    function _offset(ICertificates.Track track) private pure returns (uint256) {
        return uint256(track) * SHORT + (track > ICertificates.Track.SUSPENSION ? LONG - SHORT : 0);
    }

    function _width(ICertificates.Track track) private pure returns (uint256) {
        return track == ICertificates.Track.SUSPENSION ? LONG : SHORT;
    }

    function _mask(ICertificates.Track track) private pure returns (uint256) {
        return (1 << _width(track)) - 1;
    }
}
