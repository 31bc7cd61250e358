// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consents} from "./Consents.sol";
import {IAgencies} from "./interfaces/IAgencies.sol";

/// @title CertificateTypes: which types there are, and which agency holds them
abstract contract CertificateTypes is Consents {
    struct Version {
        bool registered;
        bool retired;
        bytes32 digest;
    }

    /// In `_held`: the agency holds the type. 0: it never did. Otherwise 1 + the highest level that withdrew it.
    uint8 private constant HELD = type(uint8).max;

    mapping(uint32 certificateType => mapping(uint16 version => Version)) private _types;
    mapping(uint32 certificateType => bool known) private _knownTypes;
    mapping(uint32 id => mapping(uint32 certificateType => uint8 state)) private _held;

    /// @inheritdoc IAgencies
    function holdsType(uint32 id, uint32 certificateType) external view returns (bool) {
        return _held[id][certificateType] == HELD;
    }

    /// @inheritdoc IAgencies
    function typeWithdrawnBy(uint32 id, uint32 certificateType) external view returns (uint8) {
        uint8 state = _held[id][certificateType];
        return state == HELD ? 0 : state;
    }

    /// @inheritdoc IAgencies
    function typeDigest(uint32 certificateType, uint16 version) external view returns (bytes32 digest, bool retired) {
        Version storage v = _types[certificateType][version];
        return (v.digest, v.retired);
    }

    /// @inheritdoc IAgencies
    function registerType(uint32 certificateType, uint16 version, bytes32 digest) external onlyCouncil {
        if (certificateType == 0 || version == 0) revert TypeNumberOutOfRange();
        if (digest == 0) revert ZeroDigest();
        if (_types[certificateType][version].registered) revert TypeAlreadyRegistered(certificateType, version);
        _types[certificateType][version] = Version({registered: true, retired: false, digest: digest});
        _knownTypes[certificateType] = true;
        _absorb(Head.RIGHTS, TypeRegistered.selector, abi.encode(certificateType, version, digest));
        emit TypeRegistered(certificateType, version, digest);
    }

    /// @inheritdoc IAgencies
    function retireType(uint32 certificateType, uint16 version) external onlyCouncil {
        _requireOpen(certificateType, version);
        _types[certificateType][version].retired = true;
        _absorb(Head.RIGHTS, TypeRetired.selector, abi.encode(certificateType, version));
        emit TypeRetired(certificateType, version);
    }

    /// @inheritdoc IAgencies
    function grantType(uint32 id, uint32 certificateType, Consent calldata consent) external {
        uint32 parent = _existing(id).parent;
        if (!_knownTypes[certificateType]) revert TypeNotRegistered(certificateType, 0);
        _requireHeld(parent, certificateType);
        uint8 state = _held[id][certificateType];
        if (state == HELD) revert TypeAlreadyHeld(id, certificateType);
        (address[] memory consenters, uint8 level) = _byTwoAbove(id, _action(2), consent);
        if (state != 0 && level + 1 > state) revert WithdrawnFromAbove(id, certificateType, state);
        _held[id][certificateType] = HELD;
        _absorb(Head.RIGHTS, TypeGranted.selector, abi.encode(id, certificateType, consenters));
        emit TypeGranted(id, certificateType, consenters);
    }

    /// @inheritdoc IAgencies
    function withdrawType(uint32 id, uint32 certificateType, Consent calldata consent) external {
        _existing(id);
        uint8 state = _held[id][certificateType];
        if (state == 0) revert TypeNotHeld(id, certificateType);
        (address[] memory consenters, uint8 level) = _byOneOfOrAbove(id, _action(2), consent);
        if (level + 1 >= state) revert TypeNotHeld(id, certificateType);
        _held[id][certificateType] = level + 1;
        _absorb(Head.RIGHTS, TypeWithdrawn.selector, abi.encode(id, certificateType, consenters));
        emit TypeWithdrawn(id, certificateType, consenters);
    }

    /// The type's version is registered and not retired.
    function _requireOpen(uint32 certificateType, uint16 version) internal view {
        Version storage v = _types[certificateType][version];
        if (!v.registered) revert TypeNotRegistered(certificateType, version);
        if (v.retired) revert TypeIsRetired(certificateType, version);
    }

    /// The agency and all above it hold the type; so does the council, where the agency is 0.
    function _requireHeld(uint32 id, uint32 certificateType) internal view {
        for (; id != 0; id = _entries[id].parent) {
            if (_held[id][certificateType] != HELD) revert TypeNotHeld(id, certificateType);
        }
    }
}
