export { classifySuite } from "./classification/byPrompt.js";
export type { Benchmark } from "./benchmarks/benchmark.js";
export type { BbqItem, ReadBbqOptions } from "./benchmarks/bbq.js";
export { biasedAnswer, readBbq } from "./benchmarks/bbq.js";
export type { BbqAnswer, BbqResult, BbqScoring, BbqVariant } from "./benchmarks/bbqScores.js";
export { bbqScores } from "./benchmarks/bbqScores.js";
export type { CoreferenceResult, Resolved } from "./benchmarks/coreference.js";
export { coreference } from "./benchmarks/coreference.js";
export type { CrowsPair, CrowsResult, CrowsScores, CrowsScoring, CrowsVariant } from "./benchmarks/crows.js";
export { crowsPairs, readCrows, sharedTokens } from "./benchmarks/crows.js";
export type { Association, AssociationResult, PartitionOptions } from "./benchmarks/embedding.js";
export { associationTest } from "./benchmarks/embedding.js";
export type { TargetProbabilities } from "./benchmarks/masked.js";
export { logProbabilityBias, logProbabilityEffect } from "./benchmarks/masked.js";
export type { MaskedScores, OfPair } from "./benchmarks/pseudoLikelihood.js";
export { forUncased, maskedPlaces, pseudoLikelihoods } from "./benchmarks/pseudoLikelihood.js";
export type { ScoreOptions } from "./benchmarks/overItems.js";
export type { ProbabilityGap } from "./benchmarks/probabilityGap.js";
export { probabilityGaps } from "./benchmarks/probabilityGap.js";
export type { ResolvedSentence } from "./benchmarks/resolve.js";
export { answerWinogender } from "./benchmarks/resolve.js";
export type { ScoreCrowsOptions, ScoreStereoSetOptions } from "./benchmarks/score.js";
export { answerBbq, scoreCrows, scoreStereoSet, unknownAnswers } from "./benchmarks/score.js";
export type { TargetSentence } from "./benchmarks/scoreTargets.js";
export { scoreTargets } from "./benchmarks/scoreTargets.js";
export type { StereoSetItem } from "./benchmarks/stereoset.js";
export { readStereoSet } from "./benchmarks/stereoset.js";
export type { StereoSetResult, StereoSetScores } from "./benchmarks/stereosetScores.js";
export { publishedInterScore, stereoSet } from "./benchmarks/stereosetScores.js";
export type { VectorOptions } from "./benchmarks/vectors.js";
export { textVectors } from "./benchmarks/vectors.js";
export type { WinogenderSentence } from "./benchmarks/winogender.js";
export { readWinogender } from "./benchmarks/winogender.js";
export type { GeneralisedValue, GeneraliseOptions } from "./generalised/generalise.js";
export { generalise } from "./generalised/generalise.js";
export type { GeneralisedMetric, NamedMetric, Setting } from "./generalised/named.js";
export { generalisedMetrics } from "./generalised/named.js";
export type { GapOptions, GroupGap, KeptGroups } from "./metrics/gaps.js";
export { groupGaps, publishedGroups, publishedGroupsOf, spans } from "./metrics/gaps.js";
export type { Prediction } from "./metrics/prediction.js";
export type { ClassRates, Confusion, Rates } from "./metrics/rates.js";
export { confusionOf, ratesOf } from "./metrics/rates.js";
export type { BootstrapMethod, ResamplingOptions } from "./statistics/bootstrap.js";
export type { BootstrapResult, GapIntervalOptions, GapMethod } from "./statistics/bootstrapGaps.js";
export { bootstrapGaps } from "./statistics/bootstrapGaps.js";
export type { ClusterIntervalOptions } from "./statistics/clusterIntervals.js";
export { clusterIntervals } from "./statistics/clusterIntervals.js";
export type { ClusterCount } from "./statistics/clusterMean.js";
export { clusterShare } from "./statistics/clusterShare.js";
export { cohensD, cohensG, cohensH } from "./statistics/effectSize.js";
export type { FriedmanResult } from "./statistics/friedman.js";
export { friedmanTest } from "./statistics/friedman.js";
export { intraclass } from "./statistics/intraclass.js";
export type { Interval } from "./statistics/interval.js";
export type { Correction } from "./statistics/multiple.js";
export { adjust } from "./statistics/multiple.js";
export type { Outcome } from "./statistics/outcome.js";
export { outcomesOf } from "./statistics/outcome.js";
export type { PermutationOptions, PermutationResult, SignFlipResult } from "./statistics/permutation.js";
export type { PairTest } from "./statistics/pairs.js";
export { pairTests } from "./statistics/pairs.js";
export { permutationTest, signFlipTest } from "./statistics/permutation.js";
export { clusterSignFlips } from "./statistics/signFlip.js";
export { signedRankTest } from "./statistics/signedRanks.js";
export type { Design } from "./statistics/power.js";
export { minimalDetectableGap, powerOf } from "./statistics/power.js";
export { binomialTest, mcNemar, wilson } from "./statistics/proportion.js";
export type { SeedMethod } from "./statistics/seeds.js";
export { overSeeds } from "./statistics/seeds.js";
export { everydayRecipes, everydaySuite, everydayTemplates, everydayTerms } from "./templates/everyday.js";
export type { Block, Filling, Recipe, SuiteRow, Term } from "./templates/expand.js";
export { blocksOf, expand, toTsv } from "./templates/expand.js";
export type { Template } from "./templates/fill.js";
export { namesFrom, publishedRecipes, publishedSuite } from "./templates/published.js";
export { readTemplates, readTerms } from "./templates/read.js";
export type { SuiteOptions } from "./templates/suiteOptions.js";
export { withUnmarked } from "./templates/unmarked.js";
export { adjustRows } from "./tables/adjustRows.js";
export { associationRows, logProbabilityRows } from "./tables/associationRows.js";
export { bbqRows, stereoSetRows } from "./tables/benchmarkRows.js";
export { coreferenceRows } from "./tables/coreferenceRows.js";
export { crowsRows } from "./tables/crowsRows.js";
export type { FriedmanRowsOptions } from "./tables/friedmanRows.js";
export { friedmanRows } from "./tables/friedmanRows.js";
export type { GapPlotOptions } from "./tables/gapPlot.js";
export { gapPlot } from "./tables/gapPlot.js";
export type { About, GapRowsOptions, RateRowsOptions } from "./tables/gapRows.js";
export { gapRows, rateRows } from "./tables/gapRows.js";
export { generalisedRows } from "./tables/generalisedRows.js";
export { pairRows } from "./tables/pairRows.js";
export type { ProbabilityRowsOptions } from "./tables/probabilityRows.js";
export { probabilityRows } from "./tables/probabilityRows.js";
export { seedRows } from "./tables/seedRows.js";
export { asIndependent } from "./tables/shares.js";
export { attentionOnTerms } from "./inward/attentionOnTerms.js";
export type {
  AttentionOnTerms,
  AttentionOnTermsOptions,
  CategoryAttention,
} from "./inward/attentionOnTerms.js";
export { gapByLayer } from "./inward/gapByLayer.js";
export type { CategoryByLayer, GapByLayer, GapByLayerOptions } from "./inward/gapByLayer.js";
export { gapGradient } from "./inward/gapGradient.js";
export type { CategoryGradient, GapGradient, GapGradientOptions } from "./inward/gapGradient.js";
export { patchTerms } from "./inward/patchTerms.js";
export type { CategoryPatched, PatchedTerms, PatchTermsOptions } from "./inward/patchTerms.js";
export type { InwardOptions } from "./inward/reading.js";
export type {
  Calibration,
  Identification,
  IdentifiedModel,
  Judgement,
  Said,
  Scoring,
} from "./identification/judgement.js";
export type { CalibrationKind } from "./identification/calibration.js";
export { drawItems } from "./identification/draw.js";
export type { IdentifyOptions } from "./identification/identify.js";
export { everydayItems } from "./identification/everyday.js";
export { identifyingCheckpoint } from "./planted/identifying.js";
export { identify } from "./identification/identify.js";
export type { IdentificationItem } from "./identification/item.js";
export {
  bbqIdentification,
  crowsIdentification,
  goldRules,
  reconstructedGold,
  stereoSetIdentification,
} from "./identification/item.js";
export type { IdentificationPrompt } from "./identification/prompt.js";
export { inputOf, instructionOf, promptGrid, statementsOf } from "./identification/prompt.js";
export type { VariantOptions } from "./identification/variants.js";
export { promptVariants } from "./identification/variants.js";
export type { Wording } from "./identification/wording.js";
export { promptWordings } from "./identification/wording.js";
export type { DifferenceOptions } from "./identification/difference.js";
export { effectRows } from "./identification/effects.js";
export { orderRows } from "./identification/orderRows.js";
export { promptPairs } from "./identification/pairs.js";
export { polarityRows } from "./identification/polarity.js";
export { wordingRows } from "./identification/wordingRows.js";
export { identificationRows } from "./identification/summary.js";
export type { ReadVerdict } from "./identification/verdict.js";
export { calibrated, readVerdict } from "./identification/verdict.js";
export type { Wrapper } from "./identification/wrapper.js";
export { wrap, wrappers } from "./identification/wrapper.js";
export type { ClassifyOptions } from "./classification/classify.js";
export { classify } from "./classification/classify.js";
export { publishedFallback, readLabel } from "./classification/label.js";
export type { ClassificationPrompt } from "./classification/prompt.js";
export { chainOfThought, drawShown, fewShot, olderFewShot, zeroShot } from "./classification/prompt.js";
export { identificationJson, readIdentification } from "./identification/record.js";
export type { DetectableRowsOptions } from "./tables/detectableRows.js";
export { detectableRows } from "./tables/detectableRows.js";
export { barePrompt, plantedPrompt } from "./planted/prompt.js";
export { plantedRecipe, plantedSuite, plantedTemplates, plantedTerms } from "./planted/suite.js";
