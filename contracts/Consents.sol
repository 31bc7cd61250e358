// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Council} from "./Council.sol";
import {IAgencies} from "./interfaces/IAgencies.sol";

/// @title Consents: the forest of agencies, their officers, and whose signatures suffice for a change
abstract contract Consents is IAgencies, Council, EIP712 {
    /// One slot, but for the code and the name.
    struct Entry {
        uint32 parent;
        uint8 level;
        uint8 suspendedBy;
        uint8 ownApprovals;
        uint8 demandedApprovals;
        uint8 demandedBy;
        uint32 managers;
        uint64 registeredAtBlock;
        uint64 nonce;
        bytes18 code;
        string name;
    }

    uint8 internal constant MANAGE = 8;
    uint8 private constant COUNCIL_LEVEL = 0;
    uint8 private constant TOP_LEVEL = 1;
    /// The council's level as a bit.
    uint256 private constant COUNCIL = 1;
    uint256 private constant MOST_SIGNATURES = 4;
    bytes32 private constant CONSENT =
        keccak256("Consent(bytes32 registryId,uint32 agency,bytes32 action,uint64 nonce,uint64 deadline)");

    mapping(uint32 id => Entry entry) internal _entries;
    mapping(uint32 id => mapping(address officer => uint8 capabilities)) internal _officers;

    /// What is consented to: the present call with its arguments, which fill so many words before the consent. The
    /// words are as `abi.encode` makes them, because the decoder has refused the call otherwise.
    function _action(uint256 words) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes32(msg.sig), msg.data[4:4 + 32 * words]));
    }

    /// One of the agency. Returns who signed.
    function _byOneOf(uint32 id, bytes32 action, Consent calldata consent)
        internal
        returns (address[] memory signers)
    {
        signers = _signers(id, action, consent);
        if (_isCouncilAlone(signers)) return signers;
        uint256 own = 1 << _entries[id].level;
        _highest(signers, _levels(id, signers, own, own));
    }

    /// Two for the agency. Returns who signed.
    function _byTwoFor(uint32 id, bytes32 action, Consent calldata consent)
        internal
        returns (address[] memory signers)
    {
        signers = _signers(id, action, consent);
        uint256 own = 1 << _entries[id].level;
        uint256 parent = own >> 1;
        uint256[] memory levels = _levels(id, signers, own | parent, 0);
        uint256 voices = signers.length;
        if (parent == COUNCIL && _isCouncil()) ++voices;
        if (voices < 2 || _union(levels) & own == 0) revert ConsentInsufficient(signers);
    }

    /// One above. Returns who signed, and the highest level that they speak for.
    function _byOneAbove(uint32 id, bytes32 action, Consent calldata consent)
        internal
        returns (address[] memory signers, uint8 level)
    {
        signers = _signers(id, action, consent);
        if (_isCouncilAlone(signers)) return (signers, COUNCIL_LEVEL);
        uint256 own = 1 << _entries[id].level;
        level = _highest(signers, _levels(id, signers, _above(own), 0));
    }

    /// One of the agency or above. Returns who signed, and the highest level that they speak for.
    function _byOneOfOrAbove(uint32 id, bytes32 action, Consent calldata consent)
        internal
        returns (address[] memory signers, uint8 level)
    {
        signers = _signers(id, action, consent);
        if (_isCouncilAlone(signers)) return (signers, COUNCIL_LEVEL);
        uint256 own = 1 << _entries[id].level;
        level = _highest(signers, _levels(id, signers, own | _above(own), own));
    }

    /// Two above. Returns who signed, and the highest level that they speak for.
    function _byTwoAbove(uint32 id, bytes32 action, Consent calldata consent)
        internal
        returns (address[] memory signers, uint8 level)
    {
        signers = _signers(id, action, consent);
        if (_isCouncilAlone(signers)) return (signers, COUNCIL_LEVEL);
        uint256 own = 1 << _entries[id].level;
        uint256[] memory levels = _levels(id, signers, _above(own), 0);
        for (level = TOP_LEVEL; level < _entries[id].level; ++level) {
            if (_pairSpeaksFor(level, levels)) return (signers, level);
        }
        revert ConsentInsufficient(signers);
    }

    /// The entry of an agency that exists.
    function _existing(uint32 id) internal view returns (Entry storage entry) {
        entry = _entries[id];
        if (entry.level == 0) revert NoSuchAgency(id);
    }

    /// Recovers the signers of a consent, and uses its nonce up.
    function _signers(uint32 id, bytes32 action, Consent calldata consent)
        private
        returns (address[] memory signers)
    {
        uint256 number = consent.signatures.length;
        if (number > MOST_SIGNATURES) revert TooManySignatures(number, MOST_SIGNATURES);
        if (number != 0 && block.number > consent.deadline) revert ConsentExpired(consent.deadline, block.number);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(CONSENT, registryId(), id, action, _entries[id].nonce++, consent.deadline))
        );
        signers = new address[](number);
        for (uint256 i = 0; i < number; ++i) {
            address signer = ECDSA.recover(digest, consent.signatures[i]);
            for (uint256 j = 0; j < i; ++j) {
                if (signers[j] == signer) revert SignerRepeated(signer);
            }
            signers[i] = signer;
        }
    }

    /// For each signer a set of levels, bit by bit: those of the agencies, from this one upwards, that they manage and
    /// that are wanted. A suspension silences an agency and all below it, except the level `exempt`. A signer who
    /// counts nowhere makes the whole consent insufficient.
    function _levels(uint32 id, address[] memory signers, uint256 wanted, uint256 exempt)
        private
        view
        returns (uint256[] memory levels)
    {
        levels = new uint256[](signers.length);
        for (uint32 each = id; each != 0; each = _entries[each].parent) {
            uint256 bit = 1 << _entries[each].level;
            bool silent = _entries[each].suspendedBy != 0;
            for (uint256 i = 0; i < signers.length; ++i) {
                if (_officers[each][signers[i]] & MANAGE != 0) levels[i] |= bit;
                if (silent) levels[i] &= exempt;
            }
        }
        for (uint256 i = 0; i < signers.length; ++i) {
            levels[i] &= wanted;
            if (levels[i] == 0) revert ConsentInsufficient(signers);
        }
    }

    /// Whether the council acts, where it needs nobody else.
    function _isCouncilAlone(address[] memory signers) private view returns (bool) {
        if (!_isCouncil()) return false;
        if (signers.length != 0) revert TooManySignatures(signers.length, 0);
        return true;
    }

    /// Whether two speak for a level: both of it, or one of it and one of the level above.
    function _pairSpeaksFor(uint8 level, uint256[] memory levels) private pure returns (bool) {
        for (uint256 i = 0; i < levels.length; ++i) {
            if ((levels[i] >> level) & 1 == 0) continue;
            for (uint256 j = 0; j < levels.length; ++j) {
                if (i != j && (levels[j] >> (level - 1)) & 3 != 0) return true;
            }
        }
        return false;
    }

    /// The highest level that anybody speaks for.
    function _highest(address[] memory signers, uint256[] memory levels) private pure returns (uint8 level) {
        uint256 union = _union(levels);
        if (union == 0) revert ConsentInsufficient(signers);
        while ((union >> level) & 1 == 0) ++level;
    }

    function _union(uint256[] memory levels) private pure returns (uint256 union) {
        for (uint256 i = 0; i < levels.length; ++i) union |= levels[i];
    }

    /// The bits of all levels above that of this bit, but for the council's, which has no managers.
    function _above(uint256 own) private pure returns (uint256) {
        return own - 2;
    }
}
