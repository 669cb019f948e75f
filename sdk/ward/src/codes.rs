//! The codes of the ward: drugs, problems, measurements.

/// A drug: RxNorm (ingredient or product) and ATC.
#[derive(Clone, Copy)]
pub(crate) struct Drug {
    pub(crate) rxnorm: &'static str,
    pub(crate) atc: &'static str,
    pub(crate) name: &'static str,
    pub(crate) dose: &'static str,
}

const fn drug(rxnorm: &'static str, atc: &'static str, name: &'static str, dose: &'static str) -> Drug {
    Drug { rxnorm, atc, name, dose }
}

pub(crate) const METFORMIN: Drug =
    drug("861007", "A10BA02", "metformin hydrochloride 500 MG Oral Tablet", "1 tablet twice daily");
pub(crate) const INSULIN: Drug = drug("274783", "A10AE04", "insulin glargine", "18 units at night");
pub(crate) const APIXABAN: Drug = drug("1364445", "B01AF02", "apixaban 5 MG Oral Tablet", "1 tablet twice daily");
pub(crate) const APIXABAN_LOW: Drug = drug("1364435", "B01AF02", "apixaban 2.5 MG Oral Tablet", "1 tablet twice daily");
pub(crate) const WARFARIN: Drug = drug("855332", "B01AA03", "Warfarin Sodium 5 MG Oral Tablet", "as INR");
pub(crate) const DIGOXIN: Drug = drug("197604", "C01AA05", "Digoxin 0.125 MG Oral Tablet", "1 tablet daily");
pub(crate) const VERAPAMIL: Drug = drug("11170", "C08DA01", "verapamil", "80 mg three times daily");
pub(crate) const RAMIPRIL: Drug = drug("35296", "C09AA05", "ramipril", "5 mg daily");
pub(crate) const LISINOPRIL: Drug = drug("314076", "C09AA03", "lisinopril 10 MG Oral Tablet", "1 tablet daily");
pub(crate) const AMLODIPINE: Drug = drug("197361", "C08CA01", "amlodipine 5 MG Oral Tablet", "1 tablet daily");
pub(crate) const FUROSEMIDE: Drug = drug("313988", "C03CA01", "Furosemide 40 MG Oral Tablet", "1 tablet daily");
pub(crate) const SPIRONOLACTONE: Drug = drug("9997", "C03DA01", "spironolactone", "25 mg daily");
pub(crate) const ASPIRIN: Drug = drug("243670", "B01AC06", "aspirin 81 MG Oral Tablet", "1 tablet daily");
pub(crate) const SIMVASTATIN: Drug = drug("36567", "C10AA01", "simvastatin", "20 mg at night");
pub(crate) const ATORVASTATIN: Drug = drug("83367", "C10AA05", "atorvastatin", "40 mg at night");
pub(crate) const TIOTROPIUM: Drug = drug("69120", "R03BB04", "tiotropium", "18 micrograms inhaled daily");
pub(crate) const SALBUTAMOL: Drug = drug("435", "R03AC02", "albuterol", "2 puffs as needed");
pub(crate) const PARACETAMOL: Drug = drug("161", "N02BE01", "acetaminophen", "as needed");
pub(crate) const IBUPROFEN: Drug = drug("5640", "M01AE01", "ibuprofen", "400 mg as needed");
pub(crate) const SERTRALINE: Drug = drug("36437", "N06AB06", "sertraline", "50 mg daily");
pub(crate) const LITHIUM: Drug = drug("6448", "N05AN01", "lithium", "400 mg at night");
pub(crate) const OLANZAPINE: Drug = drug("61381", "N05AH03", "olanzapine", "10 mg at night");
pub(crate) const DOLUTEGRAVIR: Drug = drug("1433868", "J05AJ03", "dolutegravir", "50 mg daily");
pub(crate) const EMTRICITABINE: Drug = drug("276237", "J05AF09", "emtricitabine", "200 mg daily");
pub(crate) const METHADONE: Drug = drug("6813", "N07BC02", "methadone", "40 mg daily, supervised");
pub(crate) const BUPRENORPHINE: Drug = drug("1819", "N07BC01", "buprenorphine", "8 mg sublingual daily");
pub(crate) const DISULFIRAM: Drug = drug("3554", "N07BB01", "disulfiram", "200 mg daily");
pub(crate) const LEVONORGESTREL: Drug = drug("6373", "G03AC03", "levonorgestrel", "30 micrograms daily");
pub(crate) const MIFEPRISTONE: Drug = drug("6916", "G03XB01", "mifepristone", "200 mg once");
pub(crate) const DOXYCYCLINE: Drug = drug("3640", "J01AA02", "doxycycline", "100 mg twice daily");
pub(crate) const FOLIC_ACID: Drug = drug("4511", "B03BB01", "folic acid", "400 micrograms daily");

/// A problem: SNOMED CT and ICD-10.
#[derive(Clone, Copy)]
pub(crate) struct Problem {
    pub(crate) snomed: &'static str,
    pub(crate) icd10: &'static str,
    pub(crate) name: &'static str,
}

const fn problem(snomed: &'static str, icd10: &'static str, name: &'static str) -> Problem {
    Problem { snomed, icd10, name }
}

pub(crate) const CKD_3A: Problem = problem("700378005", "N18.3", "Chronic kidney disease stage 3A");
pub(crate) const CKD_3B: Problem = problem("700379002", "N18.3", "Chronic kidney disease stage 3B");
pub(crate) const CKD_4: Problem = problem("431857002", "N18.4", "Chronic kidney disease stage 4");
pub(crate) const CKD_5: Problem = problem("433146000", "N18.5", "Chronic kidney disease stage 5");
pub(crate) const DIABETES: Problem = problem("44054006", "E11.9", "Diabetes mellitus type 2");
pub(crate) const HYPERTENSION: Problem = problem("59621000", "I10", "Essential hypertension");
pub(crate) const FIBRILLATION: Problem = problem("49436004", "I48.9", "Atrial fibrillation");
pub(crate) const HEART_FAILURE: Problem = problem("84114007", "I50.9", "Heart failure");
pub(crate) const INFARCTION: Problem = problem("22298006", "I21.9", "Myocardial infarction");
pub(crate) const COPD: Problem = problem("13645005", "J44.9", "Chronic obstructive lung disease");
pub(crate) const ASTHMA: Problem = problem("195967001", "J45.9", "Asthma");
pub(crate) const PNEUMONIA: Problem = problem("233604007", "J18.9", "Pneumonia");
pub(crate) const DEPRESSION: Problem = problem("370143000", "F32.9", "Major depressive disorder");
pub(crate) const BIPOLAR: Problem = problem("13746004", "F31.9", "Bipolar disorder");
pub(crate) const SCHIZOPHRENIA: Problem = problem("58214004", "F20.9", "Schizophrenia");
pub(crate) const HIV: Problem = problem("86406008", "B24", "Human immunodeficiency virus infection");
pub(crate) const OPIOIDS: Problem = problem("75544000", "F11.2", "Opioid dependence");
pub(crate) const ALCOHOL: Problem = problem("66590003", "F10.2", "Alcohol dependence");
pub(crate) const SYPHILIS: Problem = problem("76272004", "A53.9", "Syphilis");
pub(crate) const CONTRACEPTION: Problem = problem("13197004", "Z30.9", "Uses contraception");
pub(crate) const TERMINATION: Problem = problem("57797005", "O04.9", "Induced termination of pregnancy");
pub(crate) const PREGNANT: Problem = problem("77386006", "Z33", "Pregnant");

/// A measurement: LOINC, and its unit in print and in UCUM.
#[derive(Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) loinc: &'static str,
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) ucum: &'static str,
}

const fn measure(loinc: &'static str, name: &'static str, unit: &'static str, ucum: &'static str) -> Measure {
    Measure { loinc, name, unit, ucum }
}

pub(crate) const CREATININE: Measure =
    measure("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", "mg/dL");
pub(crate) const CREATININE_BLOOD: Measure = measure("38483-4", "Creatinine [Mass/volume] in Blood", "mg/dL", "mg/dL");
pub(crate) const MDRD: Measure =
    measure("33914-3", "Glomerular filtration rate/1.73 sq M.predicted by MDRD", "mL/min/1.73m2", "mL/min/{1.73_m2}");
pub(crate) const POTASSIUM: Measure =
    measure("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", "mmol/L");
pub(crate) const POTASSIUM_BLOOD: Measure = measure("6298-4", "Potassium [Moles/volume] in Blood", "mmol/L", "mmol/L");
pub(crate) const HBA1C: Measure = measure("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", "%");
pub(crate) const WEIGHT: Measure = measure("29463-7", "Body weight", "kg", "kg");
pub(crate) const HEIGHT: Measure = measure("8302-2", "Body height", "cm", "cm");
pub(crate) const VIRAL_LOAD: Measure =
    measure("20447-9", "HIV 1 RNA [#/volume] (viral load) in Serum or Plasma by NAA", "copies/mL", "{copies}/mL");
pub(crate) const CD4: Measure = measure("24467-3", "CD3+CD4+ (T4 helper) cells [#/volume] in Blood", "/uL", "/uL");
pub(crate) const LITHIUM_LEVEL: Measure =
    measure("14334-7", "Lithium [Moles/volume] in Serum or Plasma", "mmol/L", "mmol/L");
pub(crate) const RATE: Measure = measure("9279-1", "Respiratory rate", "/min", "/min");
pub(crate) const SATURATION: Measure =
    measure("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", "%", "%");
pub(crate) const SATURATION_ARTERIAL: Measure = measure("2708-6", "Oxygen saturation in Arterial blood", "%", "%");
pub(crate) const PULSE: Measure = measure("8867-4", "Heart rate", "/min", "/min");
pub(crate) const TEMPERATURE: Measure = measure("8310-5", "Body temperature", "Cel", "Cel");
pub(crate) const OXYGEN_FLOW: Measure = measure("3151-8", "Inhaled oxygen flow rate", "L/min", "L/min");
pub(crate) const OXYGEN_SHARE: Measure = measure("3150-6", "Inhaled oxygen concentration", "%", "%");
pub(crate) const SYSTOLIC: Measure = measure("8480-6", "Systolic blood pressure", "mmHg", "mm[Hg]");
pub(crate) const DIASTOLIC: Measure = measure("8462-4", "Diastolic blood pressure", "mmHg", "mm[Hg]");
