"""`Procedure`: an order of steps around one `Split`, and the run of it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from imblearn.pipeline import make_pipeline
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.metrics import get_scorer

from varbench.errors import StudyError, unknown
from varbench.metrics import METRICS, OF_NUMBERS, evaluate
from varbench.procedure.fitting import Fitter, Model, Rows, advance, fit_step, in_step, transformed
from varbench.procedure.folds import Folds, cohort_weights
from varbench.procedure.leaks import Leak, find_leaks
from varbench.procedure.lineage import Lineage
from varbench.procedure.outcome import Outcome, as_chosen, chosen_values
from varbench.procedure.seeding import Place, SeedOf, places, seeded
from varbench.procedure.steps import (
    Split,
    Step,
    asks_for_groups,
    descendants,
    inner_grid,
    is_search,
    kind_of,
    named,
    picks,
    predicts,
    wants_batch,
)
from varbench.procedure.tune import Scored, Tune, with_parameters
from varbench.seeds import BEFORE_SPLIT

if TYPE_CHECKING:
    from varbench.data import Data


class Procedure:
    """A learning procedure: everything from data to predictions, as an order of steps with one ``Split`` among them.

    What stands left of ``Split`` is fitted on, or resamples, everything, and so sees the test rows. What stands
    right of it sees the training rows of each fold.

    Parameters
    ----------
    steps : sequence
        scikit-learn transformers and estimators, imbalanced-learn samplers, steps that change labels (as
        :class:`PermuteLabels`) and one :class:`Split`, bare or as ``(name, step)`` pairs. The last one predicts; a
        search left of ``Split`` hands on its best estimator; a ``Tune`` without a splitter chooses it on the folds of
        ``Split`` themselves. A step whose ``fit`` or ``fit_resample`` takes ``batch`` (as :class:`Harmonise`) gets
        the batch of each row.
    sources : mapping of str to str, optional
        The source of variation that a step reads, by the step's name, where it is not the default: ``split`` for
        the splitter, ``resample`` for samplers, ``label`` for steps that change labels, ``tune`` for searches and
        inner splitters, ``init`` for the rest.

    Raises
    ------
    StudyError
        If there is not exactly one ``Split``, if no step predicts, if one predicts too early, or if a
        ``random_state`` is an instance.

    Examples
    --------
    >>> from imblearn.over_sampling import RandomOverSampler
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import StratifiedKFold
    >>> cv = StratifiedKFold(3, shuffle=True)
    >>> incorrect = Procedure([RandomOverSampler(), Split(cv), LogisticRegression()])
    >>> [(leak.step, leak.code) for leak in incorrect.leaks()]
    [('randomoversampler', 'L1.4')]
    """

    def __init__(self, steps: Sequence[Any], *, sources: Mapping[str, str] | None = None) -> None:
        self.steps: list[Step] = named(steps)
        self.sources: dict[str, str] = dict(sources or {})
        self._check()
        for _ in self.places():  # refuses random_state instances
            pass

    def __repr__(self) -> str:
        return f"Procedure([{', '.join(name for name, _ in self.steps)}])"

    def copy(self) -> Procedure:
        """Give a copy whose steps share nothing.

        A splitter that stands both in ``Split`` and inside a search becomes two, so that setting one leaves the
        other as it is.

        Returns
        -------
        Procedure
            With unfitted copies of all steps.
        """
        steps = [(name, copy.deepcopy(s) if isinstance(s, Split) else clone(s)) for name, s in self.steps]
        return Procedure(steps, sources=self.sources)

    @property
    def left(self) -> list[Step]:
        """The steps that see the test rows."""
        return self.steps[: self._position()]

    @property
    def right(self) -> list[Step]:
        """The steps that see the training rows only."""
        return self.steps[self._position() + 1 :]

    @property
    def split(self) -> Split:
        """The split."""
        step = self.steps[self._position()][1]
        return step if isinstance(step, Split) else Split(step)

    def _position(self) -> int:
        return next(index for index, (_, step) in enumerate(self.steps) if isinstance(step, Split))

    def _check(self) -> None:
        kinds = [kind_of(step) for _, step in self.steps]
        if kinds.count("split") != 1:
            raise StudyError(
                f"a Procedure needs exactly one Split among its steps; got {kinds.count('split')}"
            )
        for name, step in self.left:
            if kind_of(step) == "predictor":
                raise StudyError(
                    f"{name} predicts and stands left of Split; only a search may, to hand on its best estimator"
                )
        for name, step in self.right[:-1]:
            if kind_of(step) in ("predictor", "search"):
                raise StudyError(f"{name} predicts, and is not the last step")
        for name, step in self.right:
            if picks(step):
                raise StudyError(f"{name} stands right of Split and needs a splitter of its own; it has none")
        searches = [name for name, step in self.left if is_search(step)]
        if len(searches) > 1:
            raise StudyError(f"only one search can stand left of Split; got {', '.join(searches)}")
        last_predicts = bool(self.right) and predicts(self.right[-1][1])
        if last_predicts == bool(searches):
            raise StudyError(
                "the last step must predict"
                if not searches
                else "a search left of Split hands on its predictor; drop the last"
            )
        for name, step in self.steps:
            if inside := next((child for child, one in descendants(step) if wants_batch(one)), None):
                raise StudyError(
                    f"{inside}, inside {name}, asks for the batch of each row, which {name} does not hand on; "
                    "make it a step of its own"
                )
        for name in self.sources:
            if name not in dict(self.steps):
                raise StudyError(unknown("step in sources", name, [n for n, _ in self.steps]))

    def places(self) -> Iterator[Place]:
        """Give every random place, with the source that it reads."""
        for name, step in self.steps:
            yield from places(name, step, self.sources.get(name))

    def leaks(self, data: Data | None = None) -> list[Leak]:
        """Name, without running, what sees rows that it should not.

        Parameters
        ----------
        data : Data, optional
            With data, groups are held against the splitter, and unknown transformers are tried with permuted labels.

        Returns
        -------
        list of Leak
            Each with its class in the leakage taxonomy and the cure; empty where nothing leaks.
        """
        return find_leaks(self.left, self.split, self.right, data, self.steps[self._position()][0])

    def parameters(self) -> list[str]:
        """Give the paths of the hyperparameters that searches of this procedure choose."""
        return [
            f"{name}__{parameter}"
            for name, step in self.steps
            if is_search(step)
            for parameter in dict.fromkeys(p for grid in inner_grid(step) or [] for p in grid)
        ]

    @property
    def n_candidates(self) -> int:
        """Among how many candidates a search without a split of its own chooses; 0 where there is none."""
        return sum(len(step.candidates()) for _, step in self.left if picks(step))

    def n_folds(self, data: Data) -> int:
        """Give the number of outer folds.

        Parameters
        ----------
        data : Data
            The data, whose groups a splitter may count.

        Returns
        -------
        int
            1 or more.
        """
        groupings = {"batch": data.batch, "sample": np.arange(data.n_cases)}
        groups = groupings.get(self.split.groups or "group", data.groups)
        return int(self.split.cv.get_n_splits(data.X, data.y, groups))

    def run(
        self,
        data: Data,
        seed_of: SeedOf,
        external: NDArray[np.float64] | None = None,
        *,
        external_batch: NDArray[np.str_] | None = None,
        final: bool = False,
        training: bool = False,
        watch: Callable[[Any], None] = lambda predictor: None,
    ) -> Outcome:
        """Run once: left steps, split, right steps in every fold, predictions.

        Parameters
        ----------
        data : Data
            The cohort.
        seed_of : callable
            ``(source, path, fold) -> seed``.
        external : ndarray (external_row, feature), optional
            Rows that every fitted model predicts too.
        external_batch : ndarray of str (external_row,), optional
            Their batches, for the steps that ask for them.
        final : bool
            Whether to fit on all rows as well, and to predict the external rows with that.
        training : bool
            Whether each model also predicts the rows that it was fitted on.
        watch : callable, optional
            Called with every fitted predictor.

        Returns
        -------
        Outcome
            Predictions of the test rows, fold by fold.

        Raises
        ------
        StudyError
            If a fold has no training or no test rows.
        """
        n_classes = len(data.classes)
        groups = None if data.groups is None else np.unique(data.groups, return_inverse=True)[1]
        before = _Left(self, data, groups, seed_of)
        name, split = self.steps[self._position()]
        splitter = seeded(name, split, BEFORE_SPLIT, seed_of, self.sources.get(name))
        folds = Folds(before.rows, before.class_sizes, numeric=data.numeric, training=training)
        outside = None if external is None else transformed(before.transformers, external, external_batch)
        parts = list(_split(splitter, before.rows, data))
        candidates = None if before.picking is None else self._pick(before, parts, seed_of)
        for number, (train, test) in enumerate(parts):
            model = self._fit(before, train, number, seed_of)
            watch(model.predictor)
            chosen = before.chosen | chosen_values(self.steps[-1][0], model.predictor)
            folds.add(model, chosen, train, test, outside, external_batch)
        last = None
        if final and outside is not None:
            whole = np.arange(len(before.rows.y))
            model = self._fit(before, whole, folds.count, seed_of)
            watch(model.predictor)
            last = model.predict(outside, n_classes, external_batch)
        return replace(folds.outcome(last), candidates=candidates)

    def _pick(
        self, before: _Left, parts: Sequence[tuple[NDArray[Any], NDArray[Any]]], seed_of: SeedOf
    ) -> NDArray[np.float64]:
        """Score every candidate on the test rows of all folds, and hand the best on; of equals, the first."""
        name, search = before.picking  # type: ignore[misc]
        rows = before.rows
        score = _scoring(search.scorer, None if search.predicts_numbers else np.unique(rows.y))
        candidates = search.candidates()
        scores = np.empty((len(candidates), len(parts)))
        for line, candidate in enumerate(candidates):
            before.predictor = [(name, best_of(search, candidate))]
            for fold, (train, test) in enumerate(parts):
                model = self._fit(before, train, fold, seed_of)
                scores[line, fold] = score(model, rows.X[test], rows.y[test])
        means: NDArray[np.float64] = scores.mean(axis=1)
        best = candidates[int(np.argmax(np.nan_to_num(means, nan=-np.inf)))]
        before.predictor, before.chosen = [(name, best_of(search, best))], as_chosen(name, best)
        return means

    def _fit(self, before: _Left, train: NDArray[Any], fold: int, seed_of: SeedOf) -> Model:
        steps = [*self.right, *before.predictor]
        fitter = Fitter(steps, lambda name, step: seeded(name, step, fold, seed_of, self.sources.get(name)))
        return fitter.fit(before.rows.take(train))


def _scoring(name: str, classes: NDArray[Any] | None) -> Callable[[Model, NDArray[Any], NDArray[Any]], float]:
    """Give how a candidate is scored: as the study scores it, where the metric is ours; else by scikit-learn."""
    metric = (OF_NUMBERS if classes is None else METRICS).get(name)
    if metric is not None and metric.greater_is_better:
        n_classes = 0 if classes is None else int(classes.max()) + 1

        def by_metric(model: Model, X: NDArray[Any], y: NDArray[Any]) -> float:
            return float(evaluate([metric], y, *model.predict(X, n_classes), n_classes=n_classes)[0][0])

        return by_metric
    scorer = get_scorer(name)
    return lambda model, X, y: float(scorer(Scored(model, classes), X, y))


class _Left:
    """The steps left of the split, run on everything."""

    def __init__(self, procedure: Procedure, data: Data, groups: Any, seed_of: SeedOf) -> None:
        rows = Rows(data.X, data.y, Lineage.identity(data.n_cases), groups, data.batch)
        self.class_sizes = data.stratum_sizes
        self.transformers: list[Any] = []
        self.predictor: list[Step] = []
        self.chosen: dict[str, str] = {}
        self.picking: Step | None = None
        for name, step in procedure.left:
            if picks(step):
                self.picking = (name, step)
                continue
            prepared = seeded(name, step, BEFORE_SPLIT, seed_of, procedure.sources.get(name))
            if is_search(prepared):
                fitted = fit_step(prepared, rows)
                self.chosen = chosen_values(name, fitted)
                # The best values go on, the fit does not: it is made anew in each fold, with that fold's seeds.
                self.predictor = [(name, best_of(step, fitted.best_params_))]
                continue
            given = rows
            with in_step(name):
                rows, transformer = advance(prepared, given)
            if kind_of(prepared) == "labels" and not data.numeric:
                self.class_sizes = _relabelled_sizes(given, rows, self.class_sizes)
            self.transformers += [] if transformer is None else [transformer]
        self.rows = rows


def _relabelled_sizes(given: Rows, rows: Rows, sizes: NDArray[Any]) -> NDArray[Any]:
    """Give the sizes of the cohort's classes when its rows have got other labels: these leave out nobody."""
    weights = cohort_weights(given.lineage, given.y, sizes)
    return np.bincount(rows.y, weights, minlength=len(sizes))


def best_of(search: Any, best: Mapping[str, Any]) -> Any:
    """Give a search's estimator, unfitted and unseeded, with the best values set."""
    if isinstance(search, Tune):
        return make_pipeline(*(step for _, step in with_parameters(named(search.steps), best)))
    return clone(search.estimator).set_params(**best)


def _split(splitter: Split, rows: Rows, data: Data) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    """Split the rows, with the groups that ``Split`` names or the splitter asks for."""
    nearest = rows.lineage.nearest()
    if splitter.groups == "sample":
        groups: NDArray[Any] | None = nearest
    elif splitter.groups == "batch":
        if data.batch is None:
            raise StudyError("Split(groups='batch') needs data with batches; name their column with batch=")
        groups = np.where(nearest < 0, "", data.batch[nearest])
    elif splitter.groups == "group" or asks_for_groups(splitter.cv):
        groups = rows.row_groups()
        if groups is None:
            raise StudyError(
                "the splitter keeps groups together, and the data have none; name their column with group="
            )
    else:
        groups = None
    for train, test in splitter.cv.split(rows.X, rows.y, groups):
        if len(train) == 0 or len(test) == 0:
            raise StudyError(f"a fold has {len(train)} training and {len(test)} test rows")
        yield train, test
