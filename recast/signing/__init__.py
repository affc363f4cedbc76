"""Signatures on statements about versions, made and verified offline with ordinary SSH keys."""

from recast.signing.policy import only_signed, signing_key
from recast.signing.signers import Signer, Signers
from recast.signing.ssh import NAMESPACE, Signature, sign, verify

__all__ = ["NAMESPACE", "Signature", "Signer", "Signers", "only_signed", "sign", "signing_key", "verify"]
