"""A modality-aware network: an encoder for each field, interactions of each pair, and fields that may be missing.

A field is the mean of its words' vectors, through a layer of its own. Each pair of fields interacts by products of
projections. In training whole fields are dropped at random and replaced by a learned vector, so that a campaign with a
missing field is nothing new.
"""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import ClassVar, Self, TypeAlias

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn

from assay.campaigns.knobs import ATTRIBUTES
from assay.campaigns.models.base import Classifier, Evidence, Floats, Labels, class_weights
from assay.campaigns.models.tokens import incidence, tokenise
from assay.campaigns.models.words import Words

WIDTH, PROJECTED = 64, 48
DROPPED = 0.05  # how often a field is dropped in training
EPOCHS, BATCH, RATE = 12, 512, 4e-3
Bags: TypeAlias = tuple[Tensor, Tensor]
PAIRS = tuple(combinations(range(len(ATTRIBUTES)), 2))


class Layers(nn.Module):
    """The network itself; its input is, for each field, the numbers of the words of its rows, one after the other."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.vectors = nn.ModuleList(nn.EmbeddingBag(max(size, 1), WIDTH, mode="mean") for size in sizes)
        self.encoders = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH))
            for _ in sizes
        )
        self.missing = nn.Parameter(torch.zeros(len(sizes), WIDTH))
        self.left = nn.ModuleList(nn.Linear(WIDTH, PROJECTED) for _ in PAIRS)
        self.right = nn.ModuleList(nn.Linear(WIDTH, PROJECTED) for _ in PAIRS)
        self.balance = nn.Linear(len(PAIRS) * PROJECTED, 32)
        self.head = nn.Sequential(nn.GELU(), nn.Linear(32, 3))

    def forward(self, fields: list[Bags], absent: Tensor) -> Tensor:
        """Logits, ``(rows, 3)``. ``absent`` says which field of which row is missing."""
        encoded = []
        for i, ((words, starts), vectors, encoder) in enumerate(zip(fields, self.vectors, self.encoders, strict=True)):
            encoded.append(torch.where(absent[:, i : i + 1], self.missing[i], encoder(vectors(words, starts))))
        products = [
            left(encoded[i]) * right(encoded[j])
            for (i, j), left, right in zip(PAIRS, self.left, self.right, strict=True)
        ]
        logits: Tensor = self.head(self.balance(torch.cat(products, dim=1)))
        return logits


class Network(Classifier):
    """The network, trained with AdamW on a one-cycle schedule."""

    name: ClassVar[str] = "network"

    def __init__(self, seed: int = 0) -> None:
        super().__init__(seed)
        self.words = Words(())
        self.layers: Layers | None = None

    def fit(self, table: pa.Table, labels: Labels) -> None:
        """Learn words and layers; the same seed gives the same layers."""
        torch.manual_seed(self.seed)
        self.words = Words.fit(table)
        fields = self._fields(table)
        self.layers = layers = Layers([f.shape[1] for f in fields])
        weights, truth = torch.tensor(class_weights(labels), dtype=torch.float32), torch.tensor(labels.astype(np.int64))
        steps = EPOCHS * -(-len(labels) // BATCH)
        optimiser = torch.optim.AdamW(layers.parameters(), lr=RATE, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
        order = np.random.default_rng(self.seed)
        layers.train()
        for _ in range(EPOCHS):
            shuffled = order.permutation(len(labels))
            for start in range(0, len(labels), BATCH):
                rows = shuffled[start : start + BATCH]
                words = [_bags(f[rows]) for f in fields]
                absent = _absent(fields, rows) | (torch.rand(len(rows), len(fields)) < DROPPED)
                losses = nn.functional.cross_entropy(layers(words, absent), truth[rows], reduction="none")
                optimiser.zero_grad()
                (losses * weights[rows]).mean().backward()
                optimiser.step()
                schedule.step()

    def predict_proba(self, table: pa.Table) -> Floats:
        """The probability of each class."""
        return self._probabilities(self._fields(table), frozenset())

    def explain(self, table: pa.Table) -> list[list[Evidence]]:
        """What each field does to the balance of probabilities: how it changes when the field is left out."""
        fields = self._fields(table)
        whole = self._probabilities(fields, frozenset())
        without = [self._probabilities(fields, frozenset({i})) for i in range(len(fields))]
        effect = np.stack([(whole - w)[:, 2] - (whole - w)[:, 0] for w in without], axis=1)
        return [
            sorted((Evidence((a,), float(e), "") for a, e in zip(ATTRIBUTES, row, strict=True)), key=_strength)
            for row in effect
        ]

    def save(self, folder: Path) -> None:
        """Write ``words.json`` and ``network.npz``."""
        assert self.layers is not None
        (folder / "words.json").write_text(json.dumps([self.seed, self.words.to_json()]), encoding="utf-8")
        arrays = {name: tensor.numpy() for name, tensor in self.layers.state_dict().items()}
        np.savez_compressed(folder / "network.npz", allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The model that was saved."""
        seed, words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        model = cls(seed)
        model.words = Words.from_json(words)
        model.layers = Layers([len(v) for v in model.words.vocabularies])
        with np.load(folder / "network.npz") as held:
            model.layers.load_state_dict({name: torch.tensor(held[name]) for name in held.files})
        return model

    def _fields(self, table: pa.Table) -> list[sparse.csr_matrix]:
        return [incidence(tokenise(table[a]), v) for a, v in zip(ATTRIBUTES, self.words.vocabularies, strict=True)]

    def _probabilities(self, fields: list[sparse.csr_matrix], left_out: frozenset[int]) -> Floats:
        assert self.layers is not None
        self.layers.eval()
        parts = []
        with torch.inference_mode():
            for rows in np.split(np.arange(fields[0].shape[0]), np.arange(4 * BATCH, fields[0].shape[0], 4 * BATCH)):
                words = [_bags(f[rows]) for f in fields]
                absent = _absent(fields, rows)
                absent[:, sorted(left_out)] = True
                parts.append(torch.softmax(self.layers(words, absent), dim=1).numpy())
        return np.concatenate(parts).astype(np.float64) if parts else np.zeros((0, 3))


def _bags(rows: sparse.csr_matrix) -> Bags:
    return torch.from_numpy(rows.indices.astype(np.int64)), torch.from_numpy(rows.indptr[:-1].astype(np.int64))


def _absent(fields: list[sparse.csr_matrix], rows: NDArray[np.intp]) -> Tensor:
    """Which field of which row has no known word."""
    return torch.from_numpy(np.stack([f.indptr[rows + 1] == f.indptr[rows] for f in fields], axis=1))


def _strength(evidence: Evidence) -> float:
    return -abs(evidence.weight)
