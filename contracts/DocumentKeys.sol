// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {Consents} from "./Consents.sol";
import {IAgencies} from "./interfaces/IAgencies.sol";

/// @title DocumentKeys: the keys that agencies sign certificates with
abstract contract DocumentKeys is Consents {
    uint8 private constant ES256 = 1;
    uint64 private constant NO_CUT_OFF = type(uint64).max;

    mapping(uint32 id => mapping(bytes32 kid => Key key)) private _keys;

    /// @inheritdoc IAgencies
    function key(uint32 id, bytes32 kid) external view returns (Key memory) {
        return _keys[id][kid];
    }

    /// @inheritdoc IAgencies
    function addKey(
        uint32 id,
        uint8 algorithm,
        bytes32 x,
        bytes32 y,
        uint64 validFrom,
        uint64 validUntil,
        Consent calldata consent
    ) external returns (bytes32 kid) {
        _existing(id);
        if (algorithm != ES256) revert AlgorithmUnsupported(algorithm);
        if (!P256.isValidPublicKey(x, y)) revert KeyNotOnCurve(x, y);
        if (validUntil != 0 && validUntil <= validFrom) revert ValidityOutOfOrder(validFrom, validUntil);
        kid = _thumbprint(x, y);
        if (_keys[id][kid].algorithm != 0) revert KeyAlreadyListed(id, kid);
        address[] memory consenters = _byTwoFor(id, _action(6), consent);
        _keys[id][kid] = Key({
            algorithm: algorithm,
            validFrom: validFrom,
            validUntil: validUntil,
            cutOffBlock: NO_CUT_OFF,
            cutOffBy: 0,
            listedAtBlock: uint64(block.number),
            x: x,
            y: y
        });
        _absorb(
            Head.RIGHTS, KeyAdded.selector, abi.encode(id, kid, algorithm, x, y, validFrom, validUntil, consenters)
        );
        emit KeyAdded(id, kid, algorithm, x, y, validFrom, validUntil, consenters);
    }

    /// @inheritdoc IAgencies
    function cutOffKey(uint32 id, bytes32 kid, uint64 cutOffBlock, Consent calldata consent) external {
        _existing(id);
        Key storage k = _keys[id][kid];
        if (k.algorithm == 0) revert NoSuchKey(id, kid);
        if (cutOffBlock == 0) revert CutOffZero();
        bool later = cutOffBlock > k.cutOffBlock;
        (address[] memory consenters, uint8 level) =
            later ? _byTwoAbove(id, _action(3), consent) : _byOneOfOrAbove(id, _action(3), consent);
        uint8 before = k.cutOffBy;
        bool higher = before == 0 || level + 1 < before;
        if (cutOffBlock == k.cutOffBlock && (cutOffBlock == NO_CUT_OFF || !higher)) revert NoChange();
        if (later && level + 1 > before) revert CutOffFromAbove(id, kid, before);
        k.cutOffBlock = cutOffBlock;
        k.cutOffBy = cutOffBlock == NO_CUT_OFF ? 0 : higher ? level + 1 : before;
        _absorb(Head.RIGHTS, KeyCutOff.selector, abi.encode(id, kid, cutOffBlock, consenters));
        emit KeyCutOff(id, kid, cutOffBlock, consenters);
    }

    /// The RFC 7638 thumbprint of a P-256 key.
    function _thumbprint(bytes32 x, bytes32 y) private pure returns (bytes32) {
        return sha256(
            abi.encodePacked(
                '{"crv":"P-256","kty":"EC","x":"',
                Base64.encodeURL(abi.encodePacked(x)),
                '","y":"',
                Base64.encodeURL(abi.encodePacked(y)),
                '"}'
            )
        );
    }
}
